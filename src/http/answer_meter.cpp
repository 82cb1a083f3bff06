#include "hardline/http/answer_meter.hpp"

#include "hardline/http/beast.hpp"

namespace hardline::http {
namespace {

constexpr std::string_view kStart = "HTTP/1.";

constexpr char kHead = 'h';
constexpr char kConnect = 'c';
constexpr char kOther = 'o';

}  // namespace

struct AnswerMeter::HeadParser final : MessageParser<false> {
  explicit HeadParser(bool to_head) {
    header_limit(kMaxAnswerHead);
    body_limit(kNoBodyLimit);
    skip(to_head);
  }

  /// How many of `octets`, the next ones, belong to the head; nullopt where they are none. The parser sees the head as
  /// a whole, as when it finds an error depends on how the octets arrive.
  std::optional<std::size_t> feed(std::string_view octets) {
    std::size_t used = 0;
    while (used < octets.size() && !is_whole()) {
      if (text.size() == kMaxAnswerHead) return std::nullopt;
      text += octets[used++];
      if (text.size() <= kStart.size() && !kStart.starts_with(text)) return std::nullopt;
    }
    if (!is_whole()) return used;
    beast::error_code error;
    const auto parsed = put(boost::asio::const_buffer(text.data(), text.size()), error);
    if (error || parsed != text.size() || !is_header_done()) return std::nullopt;
    return used;
  }

  bool is_whole() const { return text.ends_with("\n\r\n") || text.ends_with("\n\n"); }

  /// Where it cannot be read: servers of WebSockets leave the reason out with its space.
  bool begins_as_101() const { return text.starts_with("HTTP/1.1 101"); }

  void on_response_impl(int code, beast::string_view, int version, Error&) override {
    status = code;
    http_1_0 = version < 11;
  }

  int status = 0;
  bool http_1_0 = false;
  std::string text;
};

AnswerMeter::AnswerMeter() = default;
AnswerMeter::~AnswerMeter() = default;

void AnswerMeter::expect(std::string_view method) {
  if (has_no_more_ends()) return;  // there may be any number of them
  expected_ += method == "HEAD" ? kHead : method == "CONNECT" ? kConnect : kOther;
}

AnswerMeter::State AnswerMeter::state() const {
  if (settled_) return *settled_;
  return expected_.empty() ? State::complete : State::answering;
}

void AnswerMeter::lose_track() {
  settle(State::unknown);
}

bool AnswerMeter::has_no_more_ends() const {
  return settled_ && *settled_ != State::closing;
}

std::size_t AnswerMeter::take(std::string_view octets) {
  std::size_t taken = 0;
  while (taken < octets.size()) {
    if (has_no_more_ends()) return octets.size();
    if (settled_ || expected_.empty()) break;
    const auto rest = octets.substr(taken);
    taken += content_ ? take_content(rest) : take_head(rest);
  }
  return taken;
}

std::size_t AnswerMeter::take_content(std::string_view octets) {
  const auto taken = content_->take(octets);
  if (!taken) {
    settle(State::unknown);
    return octets.size();
  }
  if (content_->is_over()) end_answer();
  return *taken;
}

std::size_t AnswerMeter::take_head(std::string_view octets) {
  if (!head_) head_ = std::make_unique<HeadParser>(expected_.front() == kHead);
  const auto taken = head_->feed(octets);
  if (!taken) {
    settle(head_->begins_as_101() ? State::upgraded : State::unknown);
    return octets.size();
  }
  if (head_->is_header_done()) read_head();
  return *taken;
}

void AnswerMeter::read_head() {
  const auto head = std::move(head_);
  const int status = head->status;
  if (status < 100) return settle(State::unknown);
  const bool is_tunnel = expected_.front() == kConnect && status >= 200 && status < 300;
  if (status == 101 || is_tunnel) return settle(State::upgraded);
  if (status < 200) return;  // another head follows (RFC 9110 section 15.2)
  // RFC 9112 section 6.1: such a message's framing is faulty.
  if (head->chunked() && head->http_1_0) return settle(State::unknown);
  says_close_ = !head->keep_alive();
  if (head->is_done()) return end_answer();
  if (head->need_eof()) return settle(State::until_end);
  ForwardedHead framing;
  framing.content = head->chunked() ? ForwardedHead::Content::chunked : ForwardedHead::Content::length;
  framing.length = head->content_length().value_or(0);
  content_.emplace(framing);
}

void AnswerMeter::end_answer() {
  expected_.erase(0, 1);
  content_.reset();
  if (says_close_) settle(State::closing);
}

void AnswerMeter::settle(State state) {
  settled_ = state;
  expected_ = {};
  head_.reset();
  content_.reset();
}

}  // namespace hardline::http
