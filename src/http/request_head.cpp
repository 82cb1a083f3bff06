#include "hardline/http/request_head.hpp"

#include <utility>

#include "hardline/http/grammar.hpp"

namespace hardline::http {
namespace {

/// Octets of 0x80 and more are no URI, but browsers and curl send them, and they end up at an origin that knows.
bool is_target_char(char c) {
  return static_cast<unsigned char>(c) > ' ' && c != '\x7f';
}

/// RFC 3986 section 3.1, behind its first letter.
bool is_scheme_char(char c) {
  return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
}

/// RFC 3986 section 3.2.2, reg-name. No user information: whoever sends it in a request misleads (RFC 9110 section
/// 4.2.4).
bool is_host_char(char c) {
  return is_alpha(c) || is_digit(c) ||
         (c != '\0' && std::string_view("-._~%!$&'()*+,;=").find(c) != std::string_view::npos);
}

constexpr std::size_t kMaxPortDigits = 5;
constexpr int kMaxPort = 65535;

int port_number(std::string_view digits) {
  int number = 0;
  for (const char c : digits) number = number * 10 + (c - '0');
  return number;
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
    case State::path: return take_path(c);
    case State::asterisk: return c == ' ' ? end_target("*") : malformed();
    case State::scheme: return take_scheme(c);
    case State::slashes: return take_slash(c);
    case State::host: return take_host(c);
    case State::literal: return take_literal(c);
    case State::behind_literal:
      if (c != ':') return take_behind_authority(c);
      enter(State::port);
      head_.host += c;
      return false;
    case State::port: return take_port(c);
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

RequestHeadReader::Step RequestHeadReader::stay_in_authority(char c) {
  head_.host += c;
  return stay(c);
}

RequestHeadReader::Step RequestHeadReader::enter(State state) {
  state_ = state;
  part_.clear();
  return false;
}

RequestHeadReader::Step RequestHeadReader::end_target(std::string target) {
  head_.target = std::move(target);
  return enter(State::version);
}

RequestHeadReader::Step RequestHeadReader::take_method(char c) {
  if (is_token_char(c)) return stay(c);
  if (c != ' ' || part_.empty()) return malformed();
  if (part_ == "PRI") return malformed();  // HTTP/2's preface (RFC 9113 section 3.4)
  head_.method = part_;
  return enter(State::target);
}

RequestHeadReader::Step RequestHeadReader::take_target(char c) {
  if (head_.method == "CONNECT") {
    head_.form = TargetForm::authority;
    enter(State::host);
    return take_host(c);
  }
  if (c == '/') {
    enter(State::path);
    return stay(c);
  }
  if (c == '*') return enter(State::asterisk);
  if (!is_alpha(c)) return malformed();
  enter(State::scheme);
  return stay(c);
}

RequestHeadReader::Step RequestHeadReader::take_path(char c) {
  if (c == ' ') return end_target(std::move(part_));
  return is_target_char(c) ? stay(c) : malformed();
}

RequestHeadReader::Step RequestHeadReader::take_scheme(char c) {
  if (is_scheme_char(c)) return stay(c);
  if (c != ':') return malformed();
  if (to_lower(part_) != "http") return tl::unexpected(HeadError::other_scheme);
  head_.form = TargetForm::absolute;
  return enter(State::slashes);
}

RequestHeadReader::Step RequestHeadReader::take_slash(char c) {
  if (c != '/') return malformed();
  return part_.empty() ? stay(c) : enter(State::host);
}

RequestHeadReader::Step RequestHeadReader::take_host(char c) {
  if (is_host_char(c)) return stay_in_authority(c);
  if (c == '[' && part_.empty()) {
    enter(State::literal);
    return stay_in_authority(c);
  }
  if (part_.empty()) return malformed();  // an http URI without a host is none (RFC 9110 section 4.2.1)
  if (c != ':') return take_behind_authority(c);
  enter(State::port);
  head_.host += c;
  return false;
}

RequestHeadReader::Step RequestHeadReader::take_literal(char c) {
  if (is_hex(c) || c == ':' || c == '.') return stay_in_authority(c);
  if (c != ']') return malformed();
  enter(State::behind_literal);
  head_.host += c;
  return false;
}

RequestHeadReader::Step RequestHeadReader::take_port(char c) {
  if (is_digit(c) && part_.size() < kMaxPortDigits) return stay_in_authority(c);
  const int port = port_number(part_);
  if (port > kMaxPort) return malformed();
  // CONNECT's port is no matter of taste (RFC 9112 section 3.2.3).
  if (head_.form == TargetForm::authority) return c == ' ' && port != 0 ? end_target(head_.host) : malformed();
  return take_behind_authority(c);
}

RequestHeadReader::Step RequestHeadReader::take_behind_authority(char c) {
  if (head_.form == TargetForm::authority) return malformed();  // it has no port
  // RFC 9112 section 3.2.4: a question about the whole server.
  if (c == ' ') return end_target(head_.method == "OPTIONS" ? "*" : "/");
  if (c != '/' && c != '?') return malformed();
  enter(State::path);
  if (c == '?') part_ = "/";
  return stay(c);
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
  note_field(trim(part_));
  return take_line_end(c);
}

void RequestHeadReader::note_field(std::string_view value) {
  if (name_ == "host") {
    has_host_ = true;
    if (head_.form == TargetForm::origin) head_.host = value;
  } else if (name_ == "accept") {
    head_.accepts_html = head_.accepts_html || to_lower(value).find("text/html") != std::string::npos;
  } else if (name_ == "transfer-encoding" || (name_ == "content-length" && value != "0")) {
    head_.has_body = true;
  } else if (name_ == "upgrade") {
    head_.has_upgrade = true;
  } else {
    note_browsers_field(value);
  }
}

void RequestHeadReader::note_browsers_field(std::string_view value) {
  if (name_.starts_with("sec-fetch-")) head_.has_fetch_metadata = true;
  if (name_ == "sec-fetch-site") head_.fetch_site = value;
  if (name_ == "sec-fetch-mode") head_.fetch_mode = value;
  if (name_ == "sec-fetch-dest") head_.fetch_dest = value;
  if (name_ == "cookie" || name_ == "origin") head_.has_site_data = true;
  if (name_ == "origin") head_.origin = value;
  if (name_ == "sec-purpose" || name_ == "purpose" || name_ == "x-purpose" || name_ == "x-moz") head_.is_ahead = true;
  if (name_ != "user-agent") return;
  head_.user_agent = value;
  head_.names_browser = value.starts_with("Mozilla/");
}

RequestHeadReader::Step RequestHeadReader::finish() {
  if (!has_host_ && head_.form == TargetForm::origin) return tl::unexpected(HeadError::no_host);
  return true;
}

tl::expected<RequestHead, HeadError> parse_request_head(std::string_view bytes) {
  return RequestHeadReader().feed(bytes);
}

}  // namespace hardline::http
