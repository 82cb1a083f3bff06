#include "answer_writer.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <cstring>

#include "gunzip.hpp"
#include "hardline/base/ascii.hpp"
#include "hardline/base/errc.hpp"
#include "hardline/http/chunks.hpp"
#include "hardline/http/date.hpp"
#include "hardline/rt/offload.hpp"
#include "hardline/web/page.hpp"

namespace hardline::cache {
namespace {

constexpr unsigned kChunkDigits = 8;  // of a slice's length, however long it becomes
constexpr std::size_t kChunkHead = kChunkDigits + http::kChunkEnd.size();
constexpr std::size_t kPacked = 4 * 1024;     // octets of a compressed body that are read at once to be decoded
constexpr std::size_t kInflated = 16 * 1024;  // octets of a decoded piece
constexpr std::uint64_t kToTheEnd = std::numeric_limits<std::uint64_t>::max();

/// Pages of ours load nothing and run nothing, whoever got a name into them.
constexpr std::string_view kPageFields =
    "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n";

/// The time, formatted once a second. io thread only.
const std::string& date_line() {
  static std::chrono::sys_seconds second{};
  static std::string line;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (now != second) {
    second = now;
    line = "Date: " + http::format_http_date(now) + "\r\n";
  }
  return line;
}

bool has_body(const http::Request& request, int status) {
  return request.method != "HEAD" && status != 204 && status != 304;
}

std::string begin_head(const http::Request& request, int status) {
  auto head = fmt::format("HTTP/1.1 {} {}\r\n", status, web::reason_phrase(status));
  if (!request.keep_alive) head += "Connection: close\r\n";
  return head;
}

http::Validators weak(http::Validators validators) {
  if (!validators.etag.starts_with("W/")) validators.etag = "W/" + validators.etag;
  return validators;
}

}  // namespace

awaitable<std::error_code> AnswerWriter::send(const std::string& octets) {
  const auto data = as_octets(octets);
  const auto error = co_await write_all(client_, data);
  co_return error;
}

awaitable<std::error_code> AnswerWriter::page(const http::Request& request, int status, const std::string& fields,
                                              const std::string& html) {
  const auto all = std::string(kPageFields) + fields;
  const auto error = co_await text(request, status, all, html);
  co_return error;
}

awaitable<std::error_code> AnswerWriter::text(const http::Request& request, int status, const std::string& fields,
                                              const std::string& body) {
  auto answer = begin_head(request, status);
  answer += date_line();
  answer += fields;
  answer += fmt::format("Content-Length: {}\r\n\r\n", body.size());
  if (has_body(request, status)) answer += body;
  const auto error = co_await send(answer);
  co_return error;
}

awaitable<std::error_code> AnswerWriter::content(const http::Request& request, VersionPtr version, Content content,
                                                 std::string marks) {
  const bool decode = version->gzip && !http::accepts_gzip(request.fields);
  const auto validators = decode ? weak(version->validators) : version->validators;
  std::string fields = version->fields;
  if (!validators.etag.empty()) fields.append("ETag: ").append(validators.etag).append("\r\n");
  if (version->gzip) fields += "Vary: Accept-Encoding\r\n";
  if (version->gzip && !decode) fields += "Content-Encoding: gzip\r\n";
  if (!version->has_date) fields += date_line();
  fields += marks;
  const auto condition =
      version->status == 200 ? http::evaluate_conditions(request.fields, validators) : http::Condition::proceed;
  std::error_code error;
  if (condition == http::Condition::precondition_failed) {
    const std::string none;
    error = co_await text(request, 412, none, none);
    co_return error;
  }
  if (condition == http::Condition::not_modified) {
    const auto head = begin_head(request, 304) + fields + "\r\n";
    error = co_await send(head);
    co_return error;
  }
  if (decode) {
    auto head = begin_head(request, version->status) + version->type_line + fields;
    error = co_await decoded(request, content, std::move(head));
    co_return error;
  }
  const bool can_be_cut = content.size && version->status == 200;
  if (can_be_cut) fields += "Accept-Ranges: bytes\r\n";
  const auto range = request.method == "GET" ? http::join_fields(request.fields, "Range") : std::nullopt;
  if (range && can_be_cut && http::range_is_current(request.fields, validators)) {
    const auto wanted = http::parse_range(*range, *content.size);
    if (wanted.kind == http::RangeRequest::Kind::unsatisfiable) {
      const auto size_line = fmt::format("Content-Range: bytes */{}\r\n", *content.size);
      const std::string none;
      error = co_await text(request, 416, size_line, none);
      co_return error;
    }
    if (wanted.kind == http::RangeRequest::Kind::parts) {
      auto head = begin_head(request, 206) + fields;
      error = co_await parts(*version, content, wanted.parts, std::move(head));
      co_return error;
    }
  }
  auto head = begin_head(request, version->status) + version->type_line + fields;
  error = co_await whole(request, content, std::move(head));
  co_return error;
}

/// HTTP/1.0 knows no chunks: there the end of the connection is the end of the body.
AnswerWriter::Framing AnswerWriter::framing_of_unknown_length(const http::Request& request) {
  return request.http_1_0 ? Framing::plain : Framing::chunked;
}

awaitable<std::error_code> AnswerWriter::whole(const http::Request& request, const Content& content, std::string head) {
  auto framing = Framing::plain;
  if (content.size)
    head += fmt::format("Content-Length: {}\r\n\r\n", *content.size);
  else if ((framing = framing_of_unknown_length(request)) == Framing::chunked)
    head += "Transfer-Encoding: chunked\r\n\r\n";
  else
    head += "\r\n";
  std::error_code error;
  if (has_body(request, 200)) {
    const auto end = content.size.value_or(kToTheEnd);
    error = co_await octets(content, 0, end, framing, head);
    if (error) co_return error;
    if (framing == Framing::chunked) head += http::kLastChunk;
  }
  if (!head.empty()) error = co_await send(head);
  co_return error;
}

awaitable<std::error_code> AnswerWriter::parts(const Version& version, const Content& content,
                                               const std::vector<http::ByteRange>& parts, std::string head) {
  const auto range_line = [&](const http::ByteRange& part) {
    return fmt::format("Content-Range: bytes {}-{}/{}\r\n", part.first, part.first + part.length - 1, *content.size);
  };
  std::error_code error;
  if (parts.size() == 1) {
    head += version.type_line;
    head += range_line(parts.front());
    head += fmt::format("Content-Length: {}\r\n\r\n", parts.front().length);
    const auto end = parts.front().first + parts.front().length;
    error = co_await octets(content, parts.front().first, end, Framing::plain, head);
    co_return error;
  }
  const auto boundary = fmt::format("{:08x}{:08x}", ::randombytes_random(), ::randombytes_random());
  std::vector<std::string> openings;
  const auto closing = fmt::format("\r\n--{}--\r\n", boundary);
  std::uint64_t length = closing.size();
  for (const auto& part : parts) {
    openings.push_back(fmt::format("\r\n--{}\r\n{}{}\r\n", boundary, version.type_line, range_line(part)));
    length += openings.back().size() + part.length;
  }
  head +=
      fmt::format("Content-Type: multipart/byteranges; boundary={}\r\nContent-Length: {}\r\n\r\n", boundary, length);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    head += openings[i];
    const auto end = parts[i].first + parts[i].length;
    error = co_await octets(content, parts[i].first, end, Framing::plain, head);
    if (error) co_return error;
  }
  error = co_await send(closing);
  co_return error;
}

/// Octets `first` to before `end` of a body, as soon as they are there, and before them `head`, which is emptied.
awaitable<std::error_code> AnswerWriter::octets(const Content& content, std::uint64_t first, std::uint64_t end,
                                                Framing framing, std::string& head) {
  std::error_code error;
  for (auto offset = first; offset < end;) {
    const auto there = content.growing ? content.growing->available() : *content.size;
    if (offset < there) {
      const auto most = std::min(end, there) - offset;
      const auto sent = co_await slice(*content.fd, offset, most, framing, head);
      if (!sent) co_return sent.error();
      offset += *sent;
      continue;
    }
    if (!content.growing) break;
    if (!head.empty()) {  // a browser can begin with the head alone
      error = co_await send(head);
      if (error) co_return error;
      head.clear();
      continue;
    }
    switch (content.growing->ending()) {
      case Fetch::Ending::open: break;
      case Fetch::Ending::complete: co_return error;
      case Fetch::Ending::cut: co_return Errc::truncated;
      case Fetch::Ending::unstored:
        error = co_await rest_of_unstored(*content.growing, offset, end, framing);
        co_return error;
    }
    co_await content.growing->changed.wait();
  }
  co_return error;
}

awaitable<Result<std::size_t>> AnswerWriter::read(int fd, std::span<std::byte> buffer, std::uint64_t offset) {
  auto got = read_at(fd, buffer, offset, Disk::never_wait);
  if (got || got.error() != would_block()) co_return got;
  const auto job = [fd, buffer, offset] { return read_at(fd, buffer, offset, Disk::may_wait); };
  got = co_await offload(disk_, job);
  co_return got;
}

/// One borrowed buffer's worth. It is borrowed when the client takes more, so that one who does not pins none. With a
/// head before it that is just tried: who has asked is most likely waiting.
awaitable<Result<std::size_t>> AnswerWriter::slice(const UniqueFd& fd, std::uint64_t offset, std::uint64_t most,
                                                   Framing framing, std::string& head) {
  if (head.size() > BufferPool::kBufferSize / 2) {
    const auto not_sent = co_await send(head);
    if (not_sent) co_return fail(not_sent);
    head.clear();
  }
  const bool chunked = framing == Framing::chunked;
  for (bool wait = head.empty();; wait = true) {
    if (wait) {
      const auto not_writable = co_await client_.writable();
      if (not_writable) co_return fail(not_writable);
    }
    const auto buffer = buffers_.borrow();
    std::memcpy(buffer->data(), head.data(), head.size());
    const auto before = head.size() + (chunked ? kChunkHead : 0);
    const auto after = chunked ? http::kChunkEnd.size() : 0;
    const auto room = std::span(*buffer).subspan(before, buffer->size() - before - after);
    const auto wanted = room.first(static_cast<std::size_t>(std::min<std::uint64_t>(most, room.size())));
    const auto got = co_await read(fd.get(), wanted, offset);
    if (!got) co_return fail(got.error());
    if (*got == 0) co_return fail(Errc::truncated);  // somebody has cut the file meanwhile
    auto length = before + *got;
    if (chunked) {
      const auto chunk_head = http::chunk_start(*got, kChunkDigits);
      std::memcpy(buffer->data() + head.size(), chunk_head.data(), kChunkHead);
      std::memcpy(buffer->data() + length, http::kChunkEnd.data(), after);
      length += after;
    }
    const auto filled = std::span<const std::byte>(*buffer).first(length);
    const auto written = client_.write_now(filled);
    if (!written && written.error() == would_block()) continue;
    if (!written) co_return fail(written.error());
    head.clear();
    const auto rest = filled.subspan(*written);
    const auto error = co_await write_all(client_, rest);
    if (error) co_return fail(error);
    co_return *got;
  }
}

awaitable<std::error_code> AnswerWriter::piece(const std::string& octets, Framing framing) {
  std::error_code error;
  if (framing == Framing::chunked) {
    const auto chunk = http::write_chunk(octets);
    error = co_await send(chunk);
  } else {
    error = co_await send(octets);
  }
  co_return error;
}

/// The disk took no more of a body that this client has the beginning of: what follows comes from upstream directly.
awaitable<std::error_code> AnswerWriter::rest_of_unstored(Fetch& fetch, std::uint64_t offset, std::uint64_t end,
                                                          Framing framing) {
  std::uint64_t to_skip = 0;
  auto exchange = fetch.take_exchange();
  if (!exchange) {  // another client has it
    http::HeaderFields fields;
    if (fetch.version()->gzip) fields.emplace_back("Accept-Encoding", "gzip");
    std::string method = "GET";
    std::string target = fetch.order().target.target;
    auto asked =
        co_await upstream_->ask(std::move(method), std::move(target), std::move(fields), UpstreamClient::kAnswerLimit);
    if (!asked) co_return asked.error().error;
    exchange = std::move(*asked);
    const wire::Sidecar now{exchange->status, {}, exchange->fields};
    const auto same = version_of_answer(now, fetch.order().target.path);
    if (exchange->status != 200 || exchange->length != fetch.length() || same->gzip != fetch.version()->gzip ||
        same->validators.etag != fetch.version()->validators.etag ||
        same->validators.last_modified != fetch.version()->validators.last_modified)
      co_return Errc::truncated;  // it is another version by now
    to_skip = offset;
  }
  while (offset < end) {
    auto more = co_await exchange->read();
    if (!more) co_return more.error();
    if (more->empty()) co_return end == kToTheEnd ? std::error_code() : make_error_code(Errc::truncated);
    const auto skipped = std::min<std::uint64_t>(to_skip, more->size());
    to_skip -= skipped;
    more->erase(0, static_cast<std::size_t>(skipped));
    more->resize(static_cast<std::size_t>(std::min<std::uint64_t>(more->size(), end - offset)));
    if (more->empty()) continue;
    offset += more->size();
    const auto error = co_await piece(*more, framing);
    if (error) co_return error;
  }
  co_return std::error_code();
}

awaitable<std::error_code> AnswerWriter::decoded(const http::Request& request, const Content& content,
                                                 std::string head) {
  const auto framing = framing_of_unknown_length(request);
  head += framing == Framing::chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n";
  auto error = co_await send(head);
  if (error || !has_body(request, 200)) co_return error;
  Gunzip gunzip;
  // Not borrowed: it is held while the client takes what it unpacks to, however slowly.
  std::vector<std::byte> packed(kPacked);
  bool is_empty = true;  // then it is no gzip, but servers say so of nothing, too
  std::string out;
  const auto end = content.size.value_or(kToTheEnd);
  for (std::uint64_t offset = 0; offset < end;) {
    const auto there = content.growing ? content.growing->available() : *content.size;
    if (offset >= there) {
      if (content.growing->ending() == Fetch::Ending::complete) break;
      if (content.growing->ending() != Fetch::Ending::open) co_return Errc::truncated;
      co_await content.growing->changed.wait();
      continue;
    }
    const auto wanted =
        std::span(packed).first(static_cast<std::size_t>(std::min<std::uint64_t>(there - offset, packed.size())));
    const auto got = co_await read(content.fd->get(), wanted, offset);
    if (!got) co_return got.error();
    if (*got == 0) co_return Errc::truncated;
    offset += *got;
    is_empty = false;
    gunzip.feed({reinterpret_cast<const char*>(packed.data()), *got});
    do {
      if (!gunzip.next(out, kInflated)) co_return Errc::malformed;
      if (out.empty()) break;
      error = co_await piece(out, framing);
      if (error) co_return error;
    } while (out.size() == kInflated);
  }
  if (!gunzip.at_end() && !is_empty) co_return Errc::truncated;
  if (framing == Framing::chunked) {
    const std::string last(http::kLastChunk);
    error = co_await send(last);
  }
  co_return error;
}

awaitable<std::error_code> AnswerWriter::pass(const http::Request& request, Exchange& exchange,
                                              const std::string& marks) {
  auto head = begin_head(request, exchange.status);
  for (const auto& [name, value] : exchange.fields)
    if (to_lower(name) != "x-cache") head.append(name).append(": ").append(value).append("\r\n");
  head += marks;
  const bool body_follows = has_body(request, exchange.status);
  auto framing = Framing::plain;
  if (exchange.length && exchange.status != 204 && exchange.status != 304)
    head += fmt::format("Content-Length: {}\r\n", *exchange.length);
  else if (body_follows && (framing = framing_of_unknown_length(request)) == Framing::chunked)
    head += "Transfer-Encoding: chunked\r\n";
  head += "\r\n";
  auto error = co_await send(head);
  while (!error && body_follows) {
    const auto more = co_await exchange.read();
    if (!more) co_return more.error();
    if (more->empty()) break;
    error = co_await piece(*more, framing);
  }
  if (!error && framing == Framing::chunked) {
    const std::string last(http::kLastChunk);
    error = co_await send(last);
  }
  co_return error;
}

}  // namespace hardline::cache
