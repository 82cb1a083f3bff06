#include "fetch.hpp"

#include "hardline/base/errc.hpp"
#include "hardline/base/log.hpp"
#include "hardline/http/date.hpp"

namespace hardline::cache {
namespace {

/// Statuses by which a server says that it cannot answer just now (RFC 9110 section 15.6, RFC 6585 section 4).
bool is_trouble(int status) {
  return status >= 500 || status == 429;
}

bool is_gone(int status) {
  return status == 404 || status == 410;
}

/// What is compressed in a way that only some browsers know cannot be kept for all.
bool has_kept_coding(const http::HeaderFields& fields) {
  return http::is_gzip(fields) || !http::find_field(fields, "Content-Encoding");
}

}  // namespace

Fetch::Fetch(Executor executor, CopyStore& store, UpstreamClient& upstream, FetchOrder order)
    : changed(executor), store_(store), upstream_(upstream), order_(std::move(order)) {}

bool Fetch::is_compressed() const {
  return exchange_ && http::is_gzip(exchange_->fields);
}

void Fetch::settle(State state) {
  state_ = state;
  changed.notify();
}

http::HeaderFields Fetch::conditions() const {
  http::HeaderFields fields;
  // Whoever asks first, the copy is the same. A file that somebody put there stays readable for him.
  if (!order_.is_file) fields.emplace_back("Accept-Encoding", "gzip");
  if (!order_.had) return fields;
  const auto& validators = order_.had->validators;
  if (order_.had->etag_is_upstreams) fields.emplace_back("If-None-Match", validators.etag);
  if (validators.last_modified)
    fields.emplace_back("If-Modified-Since", http::format_http_date(*validators.last_modified));
  else if (!order_.had->etag_is_upstreams)  // nginx wants both to hold where both are given
    fields.emplace_back("If-Modified-Since", http::format_http_date(order_.confirmed));
  return fields;
}

wire::Sidecar Fetch::kept_of(const Exchange& exchange) const {
  wire::Sidecar sidecar;
  sidecar.status = exchange.status;
  if (!order_.is_file && !wire::target_of_copy(order_.name)) sidecar.target = order_.target.target;
  for (const auto& [name, value] : exchange.fields)
    if (wire::is_kept(name)) sidecar.fields.emplace_back(name, value);
  return sidecar;
}

awaitable<void> Fetch::run() {
  auto fields = conditions();
  const auto limit = order_.had ? UpstreamClient::kAnswerLimitWithCopy : UpstreamClient::kAnswerLimit;
  std::string method = "GET";
  auto exchange = co_await upstream_.ask(std::move(method), order_.target.target, std::move(fields), limit);
  if (!exchange) {
    problem_ = std::move(exchange.error());
    settle(State::failed);
    co_return;
  }
  exchange_ = std::move(*exchange);
  const int status = exchange_->status;
  if (order_.had && status == 304) {
    std::optional<wire::Sidecar> sidecar = co_await store_.sidecar_of(order_.name, order_.is_file);
    if (sidecar) {
      // RFC 9111 section 3.2: what the confirmation says anew takes the place of what was said before.
      const auto said = kept_of(*exchange_);
      std::erase_if(sidecar->fields, [&](const auto& field) { return http::find_field(said.fields, field.first); });
      sidecar->fields.insert(sidecar->fields.end(), said.fields.begin(), said.fields.end());
    }
    exchange_.reset();
    co_await store_.confirm(order_.name, std::move(sidecar));
    settle(State::confirmed);
    co_return;
  }
  if (order_.had && is_trouble(status)) {
    problem_ = {Errc::unexpected_status, fmt::format("it answers with status {}", status)};
    exchange_.reset();
    settle(State::failed);
    co_return;
  }
  if (order_.is_file && status != 200) {  // the file is nobody's copy
    unknown_upstream_ = true;
    exchange_.reset();
    settle(State::confirmed);
    co_return;
  }
  if (http::is_storable(status, exchange_->fields) && has_kept_coding(exchange_->fields)) {
    co_await keep_answer();
    co_return;
  }
  const bool is_outdated = order_.had && !order_.is_file && (is_gone(status) || status == 200);
  if (is_outdated) co_await store_.remove(order_.name);
  settle(State::passing);
}

void Fetch::give_up() {
  problem_ = {Errc::timed_out, "too much else is being fetched"};
  settle(order_.had ? State::failed : State::passing);
}

void Fetch::break_off() {
  problem_ = {Errc::cancelled, "something went wrong here"};
  if (ending_ == Ending::open) ending_ = Ending::cut;
  exchange_.reset();
  settle(state_ == State::asking ? State::failed : state_);
}

awaitable<void> Fetch::keep_answer() {
  const auto sidecar = kept_of(*exchange_);
  version_ = version_of_answer(sidecar, order_.target.path);
  length_ = exchange_->length;
  auto copy = co_await store_.begin(order_.name, order_.is_file, sidecar, length_);
  if (!copy) {
    settle(State::passing);
    co_return;
  }
  body_ = copy->body->shared_fd();
  settle(State::growing);
  co_await receive(std::move(*copy));
}

bool Fetch::is_abandoned() const {
  return readers_ == 0 && std::chrono::steady_clock::now() > unwatched_since_ + kUnwatchedLimit;
}

/// Who has got the whole answer finds it in place: the last octets, and the end, are told of when it is.
awaitable<void> Fetch::receive(NewCopy copy) {
  std::uint64_t written = 0;
  auto ending = Ending::open;
  while (ending == Ending::open) {
    auto piece = co_await exchange_->read();
    if (!piece) {
      log::debug("cache: an answer broke off after {} octets: {}", written, piece.error().message());
      ending = Ending::cut;
      continue;
    }
    if (is_abandoned()) {
      ending = Ending::cut;
      continue;
    }
    if (piece->empty()) {
      ending = !length_ || *length_ == written ? Ending::complete : Ending::cut;
      continue;
    }
    const bool kept = co_await store_.append(copy, *piece, written);
    if (!kept) {
      exchange_->unread(std::move(*piece));
      ending = Ending::unstored;
      continue;
    }
    written += piece->size();
    if (length_ && *length_ == written) continue;
    available_ = written;
    changed.notify();
  }
  if (ending != Ending::unstored) exchange_.reset();
  if (ending == Ending::complete)
    co_await store_.finish(std::move(copy), written);
  else
    store_.abandon(copy);
  available_ = written;
  ending_ = ending;
  changed.notify();
}

}  // namespace hardline::cache
