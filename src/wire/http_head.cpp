#include "hardline/wire/http_head.hpp"

#include <utility>

#include "http_grammar.hpp"

namespace hardline::wire {
namespace {

/// Octets of 0x80 and more are no URI, but browsers and curl send them, and they end up at an origin that knows.
bool is_target_char(char c) {
  return static_cast<unsigned char>(c) > ' ' && c != '\x7f';
}

/// RFC 3986 section 3.1, behind its first letter.
bool is_scheme_char(char c) {
  return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
}

tl::expected<bool, HeadError> malformed() {
  return tl::unexpected(HeadError::malformed);
}

}  // namespace

tl::expected<RequestHead, HeadError> RequestHeadReader::feed(std::string_view more) {
  for (const char c : more.substr(0, kMaxRequestHead - head_.length)) {
    ++head_.length;
    const auto done = take(c);
    if (!done) return tl::unexpected(done.error());
    if (*done) return std::move(head_);
  }
  return tl::unexpected(head_.length == kMaxRequestHead ? HeadError::too_large : HeadError::incomplete);
}

/// An error shows at the first octet that makes it one.
RequestHeadReader::Step RequestHeadReader::take(char c) {
  switch (state_) {
    case State::method: return take_method(c);
    case State::target: return take_target(c);
    case State::version: return take_version(c);
    case State::line_start: return take_line_start(c);
    case State::name: return take_name(c);
    case State::value: return take_value(c);
    case State::line_feed: return c == '\n' ? enter(State::line_start) : malformed();
    case State::last_line_feed: return c == '\n' ? finish() : malformed();
  }
  return malformed();
}

RequestHeadReader::Step RequestHeadReader::stay(char c) {
  part_ += c;
  return false;
}

RequestHeadReader::Step RequestHeadReader::enter(State state) {
  state_ = state;
  part_.clear();
  return false;
}

RequestHeadReader::Step RequestHeadReader::take_method(char c) {
  if (is_token_char(c)) return stay(c);
  if (c != ' ' || part_.empty()) return malformed();
  if (part_ == "CONNECT") return tl::unexpected(HeadError::not_origin_form);
  if (part_ == "PRI") return malformed();  // HTTP/2's preface (RFC 9113 section 3.4)
  head_.method = part_;
  return enter(State::target);
}

RequestHeadReader::Step RequestHeadReader::take_target(char c) {
  const bool at_first = part_.empty();
  const char first = at_first ? c : part_.front();
  if (c == ' ' && (first == '/' || first == '*')) {
    head_.target = part_;
    return enter(State::version);
  }
  if (!is_target_char(c)) return malformed();
  if (first == '/') return stay(c);
  if (first == '*') return at_first ? stay(c) : malformed();
  if (c == ':' && !at_first) return tl::unexpected(HeadError::not_origin_form);
  return (at_first ? is_alpha(c) : is_scheme_char(c)) ? stay(c) : malformed();
}

RequestHeadReader::Step RequestHeadReader::take_version(char c) {
  constexpr std::string_view kPrefix = "HTTP/1.";
  if (part_.size() < kPrefix.size()) return c == kPrefix[part_.size()] ? stay(c) : malformed();
  if (part_.size() == kPrefix.size()) return c == '0' || c == '1' ? stay(c) : malformed();
  return take_line_end(c);
}

RequestHeadReader::Step RequestHeadReader::take_line_end(char c) {
  if (c == '\n') return enter(State::line_start);
  if (c == '\r') return enter(State::line_feed);
  return malformed();
}

RequestHeadReader::Step RequestHeadReader::take_line_start(char c) {
  if (c == '\n') return finish();
  if (c == '\r') return enter(State::last_line_feed);
  if (!is_token_char(c)) return malformed();  // a space too: obs-fold (RFC 9112 section 5.2)
  enter(State::name);
  return stay(c);
}

RequestHeadReader::Step RequestHeadReader::take_name(char c) {
  if (c != ':') return is_token_char(c) ? stay(c) : malformed();
  name_ = to_lower(part_);
  if (name_ == "host" && has_host_) return tl::unexpected(HeadError::several_hosts);
  return enter(State::value);
}

RequestHeadReader::Step RequestHeadReader::take_value(char c) {
  if (is_value_char(c)) return stay(c);
  if (name_ == "host") {
    head_.host = trim(part_);
    has_host_ = true;
  } else if (name_ == "accept" && to_lower(part_).find("text/html") != std::string::npos) {
    head_.accepts_html = true;
  } else if (name_ == "transfer-encoding" || (name_ == "content-length" && trim(part_) != "0")) {
    head_.has_body = true;
  }
  return take_line_end(c);
}

RequestHeadReader::Step RequestHeadReader::finish() {
  if (!has_host_) return tl::unexpected(HeadError::no_host);
  return true;
}

tl::expected<RequestHead, HeadError> parse_request_head(std::string_view bytes) {
  return RequestHeadReader().feed(bytes);
}

}  // namespace hardline::wire
