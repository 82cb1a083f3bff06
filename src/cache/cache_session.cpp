#include "cache_session.hpp"

#include <fmt/format.h>

#include "freshness.hpp"
#include "hardline/base/errc.hpp"
#include "hardline/http/media_type.hpp"
#include "hardline/http/range.hpp"
#include "hardline/web/page.hpp"
#include "pages.hpp"

namespace hardline::cache {
namespace {

using Kind = Found::Kind;
using State = Fetch::State;

/// Someone who wants what lies further ahead than this of what has been fetched by now asks for it by himself.
constexpr std::uint64_t kAhead = 1024 * 1024;
constexpr int kTurn = 16;                  // requests that are answered without waiting before others get a turn
constexpr int kMostTries = 8;              // to find a folder, in which much is put just now, in one state
constexpr std::size_t kMostListed = 5000;  // entries of a folder on one page

int status_of(wire::CacheTargetError error) {
  switch (error) {
    case wire::CacheTargetError::malformed: return 400;
    case wire::CacheTargetError::reserved: return 404;
    case wire::CacheTargetError::too_long: return 414;
  }
  return 400;
}

std::string_view text_of(int status) {
  switch (status) {
    case 400: return "This address is not valid.";
    case 414: return "This address is too long.";
    default: return "There is nothing at this address.";
  }
}

std::string_view query_of(std::string_view target) {
  const auto mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

/// Whether a part that is wanted of `size` octets begins behind `offset`.
bool begins_beyond(std::string_view range, std::uint64_t size, std::uint64_t offset) {
  const auto wanted = http::parse_range(range, size);
  return std::any_of(wanted.parts.begin(), wanted.parts.end(), [&](const auto& part) { return part.first > offset; });
}

bool is_timeout(const std::error_code& error) {
  return error == Errc::timed_out || error == std::errc::timed_out;
}

}  // namespace

CacheSession::CacheSession(Cache& cache, ByteStream& client)
    : cache_(cache),
      client_(client),
      writer_(client, cache.tools().buffers, cache.tools().disk, cache.upstream()),
      watchdog_(cache.tools().executor, [this] { client_.interrupt(); }) {}

awaitable<void> CacheSession::run() {
  auto executor = co_await asio::this_coro::executor;
  std::error_code error;
  bool keep_alive = true;
  for (int answered = 0; !error && keep_alive && !cache_.is_closed();) {
    auto parsed = http::parse_request(unread_);
    if (parsed && !parsed->request) {
      const bool more = co_await read_more();
      if (more) continue;
      const bool too_slow = watchdog_.bitten() && !unread_.empty();
      if (!too_slow) break;
      parsed = tl::unexpected(http::Refusal{408, "The request did not arrive in time."});
    }
    watchdog_.disarm();
    if (!parsed) {
      error = co_await refuse(parsed.error());
      break;
    }
    auto request = std::move(*parsed->request);
    unread_.erase(0, parsed->length);
    if (request.has_content) request.keep_alive = false;
    keep_alive = request.keep_alive;
    error = co_await answer(request);
    if (++answered % kTurn == 0) co_await asio::post(executor, use_awaitable);
    if (!unread_.empty()) watchdog_.arm(kHeadLimit);  // the next one has begun
  }
  watchdog_.disarm();
  if (error)
    client_.abort();
  else
    co_await linger_and_close(client_);
}

awaitable<bool> CacheSession::read_more() {
  if (unread_.empty()) {
    unread_.shrink_to_fit();
    watchdog_.arm(kIdleLimit);
  }
  for (;;) {
    std::optional<BufferPool::Loan> buffer = cache_.tools().buffers.borrow();
    const auto got = client_.read_now(**buffer);
    if (got && *got > 0) {
      if (unread_.empty()) watchdog_.arm(kHeadLimit);
      unread_.append(reinterpret_cast<const char*>((*buffer)->data()), *got);
      co_return true;
    }
    if (got || got.error() != would_block()) co_return false;
    buffer.reset();
    const auto error = co_await client_.readable();
    if (error) co_return false;
  }
}

awaitable<std::error_code> CacheSession::refuse(const http::Refusal& refusal) {
  http::Request request;
  request.keep_alive = false;
  const auto error = co_await message(request, refusal.status, refusal.reason);
  co_return error;
}

awaitable<std::error_code> CacheSession::message(const http::Request& request, int status, std::string_view text,
                                                 std::string_view fields) {
  const auto html = web::message_page(web::reason_phrase(status), text);
  const std::string lines(fields);
  const auto error = co_await writer_.page(request, status, lines, html);
  co_return error;
}

awaitable<std::error_code> CacheSession::answer(const http::Request& request) {
  std::error_code error;
  if (request.method != "GET" && request.method != "HEAD") {
    error = co_await message(request, 405, "This service only serves content; it takes none.", "Allow: GET, HEAD\r\n");
    co_return error;
  }
  if (request.has_content) {
    error = co_await message(request, 400, "GET and HEAD requests take no content.");
    co_return error;
  }
  const auto target = wire::parse_cache_target(request.target);
  if (!target) {
    const int status = status_of(target.error());
    error = co_await message(request, status, text_of(status));
    co_return error;
  }
  if (!cache_.store().is_open()) {
    const auto not_open = co_await cache_.store().open();
    if (not_open) {
      error = co_await message(request, 503, "The folder of this service cannot be read right now.");
      co_return error;
    }
  }
  error = co_await answer_target(request, *target);
  co_return error;
}

/// What there is, and what it says of itself. Memory is asked first; the disk is asked once more where something was
/// put in place meanwhile: else it would be fetched twice, or an old body sent with a new head.
awaitable<CacheSession::Here> CacheSession::look_up(const wire::CacheTarget& target) {
  auto& store = cache_.store();
  for (int tries = 1;; ++tries) {
    const auto changes = store.changes();
    Here here;
    auto in_memory = store.find_now(target);
    if (in_memory)
      here.found = std::move(*in_memory);
    else
      here.found = co_await store.find(target);
    if (!here.found.has_content()) {
      if (changes == store.changes() || tries == kMostTries) co_return here;
      continue;
    }
    here.version = store.version_now(target, here.found);
    if (here.version) co_return here;
    here.version = co_await store.version(target, here.found);
    const bool is_one_version = changes == store.changes() && !store.is_changing(here.found.name);
    if (is_one_version && !here.version) here.found = Found{};
    if (is_one_version) co_return here;
    if (tries == kMostTries) co_return Here{};
    co_await store.settled(here.found.name);
  }
}

awaitable<std::error_code> CacheSession::answer_target(const http::Request& request, const wire::CacheTarget& target) {
  std::error_code error;
  auto [found, version] = co_await look_up(target);
  if (version && version->refused) {
    error = co_await message(request, 404, text_of(404));
    co_return error;
  }
  if (found.kind == Kind::mako) {
    error = co_await rendered(request, target, found);
    co_return error;
  }
  if (cache_.upstream())
    error = co_await from_upstream(request, target, std::move(found), std::move(version));
  else
    error = co_await from_folder(request, target, found, std::move(version));
  co_return error;
}

awaitable<std::error_code> CacheSession::from_folder(const http::Request& request, const wire::CacheTarget& target,
                                                     const Found& found, VersionPtr version) {
  std::error_code error;
  switch (found.kind) {
    case Kind::file: error = co_await from_here(request, found, std::move(version), Mark::none); break;
    case Kind::copy: error = co_await from_here(request, found, std::move(version), Mark::hit); break;
    case Kind::folder: error = co_await listing(request, target, found); break;
    case Kind::unslashed: {
      const auto query = target.target.find('?');
      const auto location = target.target.substr(0, query) + '/' +
                            (query == std::string::npos ? std::string() : target.target.substr(query));
      const auto line = "Location: " + location + "\r\n";
      error = co_await message(request, 301, "This is a folder: its address ends in a slash.", line);
      break;
    }
    case Kind::unreadable: error = co_await message(request, 403, "This cannot be read."); break;
    case Kind::nothing:
    case Kind::mako: error = co_await message(request, 404, text_of(404)); break;
  }
  co_return error;
}

bool CacheSession::is_current(const Found& found, const Version& version) const {
  const auto now = std::chrono::system_clock::now();
  return is_fresh(found.stamp.modified, now, cache_.settings().max_age, version.control) ||
         (found.kind == Kind::file && cache_.is_unknown_upstream(found.name));
}

awaitable<std::error_code> CacheSession::from_upstream(const http::Request& request, const wire::CacheTarget& target,
                                                       Found found, VersionPtr version) {
  std::error_code error;
  auto& upstream = *cache_.upstream();
  if (version && is_current(found, *version)) {
    error = co_await from_here(request, found, std::move(version), Mark::hit);
    co_return error;
  }
  if (version && upstream.quota_is_used_up()) {
    error = co_await from_here(request, found, std::move(version), Mark::stale);
    co_return error;
  }
  if (!version && request.method == "HEAD") {
    error = co_await passed_on(request, target);
    co_return error;
  }
  FetchOrder order;
  order.target = target;
  order.name = found.kind == Kind::file ? found.name : target.copy;
  order.is_file = found.kind == Kind::file;
  order.had = version;
  order.confirmed = found.stamp.modified;
  if (version && upstream.is_down()) {  // one asks whether it is back, and nobody waits for that
    if (upstream.takes_turn_to_ask()) cache_.fetch(std::move(order));
    error = co_await from_here(request, found, std::move(version), Mark::stale);
    co_return error;
  }
  auto fetch = cache_.fetch(std::move(order));
  if (!fetch) {  // another target whose name has the same hash is just being fetched
    error = co_await passed_on(request, target);
    co_return error;
  }
  error = co_await from_fetch(request, target, std::move(found), std::move(version), std::move(fetch));
  co_return error;
}

awaitable<std::error_code> CacheSession::from_fetch(const http::Request& request, const wire::CacheTarget& target,
                                                    Found found, VersionPtr version, std::shared_ptr<Fetch> fetch) {
  std::error_code error;
  const Fetch::Reader reader(*fetch);
  while (fetch->state() == State::asking) co_await fetch->changed.wait();
  switch (fetch->state()) {
    case State::asking: break;
    case State::growing: {
      const auto range = request.method == "GET" ? http::join_fields(request.fields, "Range") : std::nullopt;
      const bool is_far =
          range && fetch->length() && begins_beyond(*range, *fetch->length(), fetch->available() + kAhead);
      if (is_far)
        error = co_await passed_on(request, target);
      else
        error = co_await from_growing(request, fetch);
      break;
    }
    case State::confirmed:
      if (version) {
        found.stamp.modified = std::chrono::system_clock::now();
        error = co_await from_here(request, found, std::move(version), Mark::hit);
      } else {
        error = co_await passed_on(request, target);  // it has gone meanwhile
      }
      break;
    case State::failed:
      if (version)
        error = co_await from_here(request, found, std::move(version), Mark::stale);
      else if (found.kind == Kind::folder && cache_.settings().allow_listing)
        error = co_await listing(request, target, found);  // of what there is meanwhile
      else
        error = co_await unreachable(request, fetch->problem());
      break;
    case State::passing: {
      const bool can_take = request.method == "GET" && !http::find_field(request.fields, "Range") &&
                            (!fetch->is_compressed() || http::accepts_gzip(request.fields));
      auto exchange = can_take ? fetch->take_exchange() : nullptr;
      if (exchange) {
        const auto mark = marks(Mark::miss, found);
        error = co_await writer_.pass(request, *exchange, mark);
      } else {
        error = co_await passed_on(request, target);
      }
      break;
    }
  }
  co_return error;
}

std::string CacheSession::marks(Mark mark, const Found& found) const {
  const auto age = age_of(found.stamp.modified, std::chrono::system_clock::now()).count();
  switch (mark) {
    case Mark::none: return {};
    case Mark::miss: return "X-Cache: miss\r\n";
    case Mark::hit: return fmt::format("Age: {}\r\nX-Cache: hit\r\n", age);
    // RFC 7234 section 5.5.1. RFC 9111 has dropped Warning; people and programs still look for it.
    case Mark::stale: return fmt::format("Age: {}\r\nWarning: 110 - \"Response is Stale\"\r\nX-Cache: stale\r\n", age);
  }
  return {};
}

awaitable<std::error_code> CacheSession::from_here(const http::Request& request, const Found& found, VersionPtr version,
                                                   Mark mark) {
  if (found.kind == Kind::copy) cache_.store().used(found.name);
  Content content;
  content.fd = found.fd;
  content.size = found.stamp.size;
  auto lines = marks(mark, found);
  const auto error = co_await writer_.content(request, std::move(version), std::move(content), std::move(lines));
  co_return error;
}

awaitable<std::error_code> CacheSession::from_growing(const http::Request& request, std::shared_ptr<Fetch> fetch) {
  Content content;
  content.fd = fetch->body();
  content.size = fetch->length();
  content.growing = fetch;
  auto lines = marks(Mark::miss, {});
  auto version = fetch->version();
  const auto error = co_await writer_.content(request, std::move(version), std::move(content), std::move(lines));
  co_return error;
}

/// Asks upstream for this client alone, and keeps nothing.
awaitable<std::error_code> CacheSession::passed_on(const http::Request& request, const wire::CacheTarget& target) {
  http::HeaderFields fields;
  if (http::accepts_gzip(request.fields)) fields.emplace_back("Accept-Encoding", "gzip");
  for (const auto& name : {"Range", "If-Range", "If-None-Match", "If-Modified-Since"})
    if (const auto value = http::join_fields(request.fields, name)) fields.emplace_back(name, *value);
  auto exchange =
      co_await cache_.upstream()->ask(request.method, target.target, std::move(fields), UpstreamClient::kAnswerLimit);
  std::error_code error;
  if (exchange) {
    const auto mark = marks(Mark::miss, {});
    error = co_await writer_.pass(request, **exchange, mark);
  } else {
    error = co_await unreachable(request, exchange.error());
  }
  co_return error;
}

awaitable<std::error_code> CacheSession::unreachable(const http::Request& request, const UpstreamProblem& problem) {
  const int status = is_timeout(problem.error) ? 504 : 502;
  const auto text = fmt::format(
      "The web server behind this service is not available, and there is no copy of this page yet: {}.", problem.text);
  const auto error = co_await message(request, status, text);
  co_return error;
}

awaitable<std::error_code> CacheSession::listing(const http::Request& request, const wire::CacheTarget& target,
                                                 const Found& folder) {
  std::error_code error;
  if (!cache_.settings().allow_listing) {
    error = co_await message(request, 403, "The contents of this folder are not shown.");
    co_return error;
  }
  auto entries = co_await cache_.store().list(folder, kMostListed + 1);
  if (!entries) {
    error = co_await message(request, 403, "This folder cannot be read.");
    co_return error;
  }
  const bool cut = entries->size() > kMostListed;
  if (cut) entries->resize(kMostListed);
  const auto order = parse_listing_order(query_of(target.target));
  const auto html = listing_page(target.path, std::move(*entries), order, cut);
  const std::string none;
  error = co_await writer_.page(request, 200, none, html);
  co_return error;
}

awaitable<std::error_code> CacheSession::rendered(const http::Request& request, const wire::CacheTarget& target,
                                                  const Found& found) {
  const auto page = co_await cache_.mako().render(found.name, target.target);
  std::error_code error;
  switch (page.outcome) {
    case Rendered::Outcome::done: {
      const auto name = std::string_view(target.path).substr(target.path.rfind('/') + 1);
      const bool has_extension = name.find('.') != std::string_view::npos;
      const auto type = has_extension ? http::media_type_of(name) : "text/html; charset=utf-8";
      const auto lines = fmt::format("Content-Type: {}\r\nCache-Control: no-cache\r\n", type);
      error = co_await writer_.text(request, 200, lines, page.text);
      break;
    }
    case Rendered::Outcome::failed: error = co_await message(request, 500, page.text); break;
    case Rendered::Outcome::busy: error = co_await message(request, 503, page.text); break;
    case Rendered::Outcome::unavailable: error = co_await message(request, 501, page.text); break;
  }
  co_return error;
}

}  // namespace hardline::cache
