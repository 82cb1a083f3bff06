#include "routed_requests.hpp"

#include <algorithm>
#include <cstring>

#include "hardline/base/errc.hpp"
#include "hardline/http/forwarding.hpp"

namespace hardline::door {
namespace {

using State = http::AnswerMeter::State;

std::string_view as_text(std::span<const std::byte> octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

/// RFC 9112 section 2.2: old clients send an empty line behind content.
bool is_line_end(char c) {
  return c == '\r' || c == '\n';
}

}  // namespace

RoutedRequests::RoutedRequests(ByteStream& client, LeadsHere leads_here, Elsewhere elsewhere)
    : client_(client), leads_here_(std::move(leads_here)), elsewhere_(elsewhere) {}

std::string RoutedRequests::start(const http::RequestHead& head, const http::ForwardedHead& framing,
                                  std::string behind) {
  begin(head, framing);
  return start(std::move(behind));
}

std::string RoutedRequests::start(std::string behind) {
  unpassed_ = std::move(behind);
  walk_unpassed();
  return std::exchange(outgoing_, {});
}

void RoutedRequests::begin(const http::RequestHead& head, const http::ForwardedHead& framing) {
  content_.emplace(framing);
  asks_upgrade_ = head.has_upgrade;
  answers_.expect(head.method);
}

bool RoutedRequests::is_content_over() const {
  return !content_ || content_->is_over();
}

/// Whether nothing more is read until an answer has come.
bool RoutedRequests::is_waiting() const {
  return next_ || (asks_upgrade_ && is_content_over() && !unpassed_.empty());
}

/// Whether it is known what follows a request to upgrade.
bool RoutedRequests::settle_upgrade() {
  const auto state = answers_.state();
  if (to_write_ > 0 || state == State::answering) return false;
  asks_upgrade_ = false;
  is_opaque_ = state == State::upgraded;
  return true;
}

/// How many of `octets`, what was not passed yet, may go on.
std::size_t RoutedRequests::walk(std::string_view octets) {
  std::size_t passed = 0;
  while (passed < octets.size() && !next_ && !failure_) {
    if (is_opaque_) return octets.size();
    const auto rest = octets.substr(passed);
    if (!is_content_over()) {
      passed += walk_content(rest);
      continue;
    }
    if (asks_upgrade_ && !settle_upgrade()) break;
    if (is_opaque_) continue;
    if (looked_at_ == 0 && is_line_end(rest.front())) {
      ++passed;
      continue;
    }
    const auto head = walk_head(rest);
    if (head == 0) break;
    passed += head;
  }
  return passed;
}

std::size_t RoutedRequests::walk_content(std::string_view octets) {
  const auto taken = content_->take(octets);
  if (!taken) failure_ = taken.error();
  return taken.value_or(0);
}

/// The head's length where it is whole and goes on.
std::size_t RoutedRequests::walk_head(std::string_view octets) {
  auto head = reader_.feed(octets.substr(looked_at_));
  if (!head && head.error() == http::HeadError::incomplete) {
    looked_at_ = octets.size();
    return 0;
  }
  reader_ = {};
  looked_at_ = 0;
  if (head && head->form == http::TargetForm::origin) {
    const auto framing = http::forward_request_head(*head, octets);
    if (framing && leads_here_(*head)) {
      begin(*head, *framing);
      return head->length;
    }
  }
  hold(std::move(head));
  return 0;
}

void RoutedRequests::hold(tl::expected<http::RequestHead, http::HeadError> next) {
  if (elsewhere_ == Elsewhere::is_cut)
    failure_ = make_error_code(Errc::malformed);
  else
    next_ = std::move(next);
}

void RoutedRequests::walk_unpassed() {
  const auto passed = walk(unpassed_);
  outgoing_ = unpassed_.substr(0, passed);
  unpassed_.erase(0, passed);
  if (unpassed_.empty()) unpassed_ = {};
  if (next_) end_if_answered(true);
}

awaitable<std::error_code> RoutedRequests::readable() {
  if (is_over_ || failure_) co_return std::error_code();
  if (!is_waiting() || has_ended_writing_) {
    const auto error = co_await client_.readable();
    co_return error;
  }
  woken_ = false;
  co_await client_.failed();
  if (!woken_) failure_ = std::make_error_code(std::errc::connection_reset);
  co_return std::error_code();
}

Result<std::size_t> RoutedRequests::read_now(std::span<std::byte> buffer) {
  if (!outgoing_.empty()) return give(buffer);
  if (is_over_) return 0;
  if (failure_) return fail(failure_);
  if (!is_waiting()) return read_on(buffer);
  if (has_ended_writing_) return discard(buffer);
  if (next_ || !settle_upgrade()) return fail(would_block());
  walk_unpassed();
  return read_now(buffer);
}

Result<std::size_t> RoutedRequests::read_on(std::span<std::byte> buffer) {
  const auto got = client_.read_now(buffer);
  if (!got || *got == 0) return got;
  const auto octets = as_text(buffer.first(*got));
  if (!unpassed_.empty()) {
    unpassed_ += octets;
    walk_unpassed();
  } else {
    const auto passed = walk(octets);  // where it is
    unpassed_ = octets.substr(passed);
    if (next_) end_if_answered(true);
    if (passed > 0) return passed;
  }
  if (!outgoing_.empty()) return give(buffer);
  if (is_over_) return 0;
  return fail(failure_ ? failure_ : would_block());
}

Result<std::size_t> RoutedRequests::give(std::span<std::byte> buffer) {
  const auto size = std::min(buffer.size(), outgoing_.size());
  std::memcpy(buffer.data(), outgoing_.data(), size);
  outgoing_.erase(0, size);
  if (outgoing_.empty()) outgoing_ = {};  // an idle connection holds nothing
  return size;
}

Result<std::size_t> RoutedRequests::discard(std::span<std::byte> buffer) {
  const auto got = client_.read_now(buffer);
  if (!got || *got == 0) return got;
  return fail(would_block());
}

Result<std::size_t> RoutedRequests::write_now(std::span<const std::byte> data) {
  if (is_over_ || data.empty()) return data.size();
  if (to_write_ == 0) to_write_ = answers_.take(as_text(data));
  if (to_write_ == 0) {  // a server that closes an idle connection may say so first
    answers_.lose_track();
    to_write_ = data.size();
  }
  const auto written = client_.write_now(data.first(std::min(to_write_, data.size())));
  if (!written) return written;
  to_write_ -= *written;
  if (next_)
    end_if_answered(false);
  else if (is_waiting() && answers_.state() != State::answering)
    interrupt();
  return written;
}

void RoutedRequests::end_if_answered(bool just_held) {
  if (is_over_ || has_ended_writing_ || to_write_ > 0) return;
  const auto state = answers_.state();
  // What became unknown while a request waited is the answer to one before it, and ends with the tunnel.
  const bool is_last = state == State::closing || (state == State::unknown && just_held);
  if (state != State::complete && !is_last) return;
  may_go_on_ = state == State::complete;
  is_over_ = true;
  interrupt();
  if (done_) done_();
}

awaitable<void> RoutedRequests::end_writing() {
  has_ended_writing_ = true;
  if (is_waiting()) interrupt();
  co_await client_.end_writing();
}

void RoutedRequests::interrupt() {
  woken_ = true;
  client_.interrupt();
}

void RoutedRequests::close() {
  if (!is_over_) client_.close();
}

}  // namespace hardline::door
