#include "hardline/wire/http_head.hpp"

#include <algorithm>
#include <utility>

#include "ascii.hpp"

namespace hardline::wire {
namespace {

/// RFC 9110 section 5.6.2.
bool is_token_char(char c) {
  return is_alpha(c) || is_digit(c) ||
         (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

/// Octets of 0x80 and more are no URI, but browsers and curl send them, and they end up at an origin that knows.
bool is_target_char(char c) {
  return static_cast<unsigned char>(c) > ' ' && c != '\x7f';
}

/// RFC 9110 section 5.5, obs-text included.
bool is_value_char(char c) {
  return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
}

/// RFC 3986 section 3.1, behind its first letter.
bool is_scheme_char(char c) {
  return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
}

/// Walks over a request head octet by octet, so that an error shows at the first octet that makes it one.
class HeadReader {
 public:
  explicit HeadReader(std::string_view bytes) : bytes_(bytes) {}

  /// Takes the octet at `at`. True at the head's last one.
  tl::expected<bool, HeadError> take(std::size_t at) {
    const char c = bytes_[at];
    switch (state_) {
      case State::method: return take_method(at, c);
      case State::target: return take_target(at, c);
      case State::version: return take_version(at, c);
      case State::line_start: return take_line_start(at, c);
      case State::name: return take_name(at, c);
      case State::value: return take_value(at, c);
      case State::line_feed: return c == '\n' ? start_line(at) : malformed();
      case State::last_line_feed: return c == '\n' ? finish(at) : malformed();
    }
    return malformed();
  }

  RequestHead head() && { return std::move(head_); }

 private:
  using Step = tl::expected<bool, HeadError>;

  enum class State { method, target, version, line_start, name, value, line_feed, last_line_feed };

  static Step malformed() { return tl::unexpected(HeadError::malformed); }

  /// What was read since the present part began.
  std::string_view part(std::size_t end) const { return bytes_.substr(part_start_, end - part_start_); }

  Step enter(State state, std::size_t part_start) {
    state_ = state;
    part_start_ = part_start;
    return false;
  }

  Step start_line(std::size_t at) { return enter(State::line_start, at + 1); }

  Step take_method(std::size_t at, char c) {
    if (is_token_char(c)) return false;
    if (c != ' ' || at == part_start_) return malformed();
    head_.method = part(at);
    if (head_.method == "CONNECT") return tl::unexpected(HeadError::not_origin_form);
    if (head_.method == "PRI") return malformed();  // HTTP/2's preface (RFC 9113 section 3.4)
    return enter(State::target, at + 1);
  }

  Step take_target(std::size_t at, char c) {
    const char first = bytes_[part_start_];
    if (c == ' ' && at > part_start_ && (first == '/' || first == '*')) {
      head_.target = part(at);
      return enter(State::version, at + 1);
    }
    if (!is_target_char(c)) return malformed();
    if (first == '/') return false;
    if (first == '*') return at == part_start_ ? Step(false) : malformed();
    if (c == ':' && at > part_start_) return tl::unexpected(HeadError::not_origin_form);
    return (at == part_start_ ? is_alpha(c) : is_scheme_char(c)) ? Step(false) : malformed();
  }

  Step take_version(std::size_t at, char c) {
    constexpr std::string_view kPrefix = "HTTP/1.";
    const auto read = at - part_start_;
    if (read < kPrefix.size()) return c == kPrefix[read] ? Step(false) : malformed();
    if (read == kPrefix.size()) return c == '0' || c == '1' ? Step(false) : malformed();
    return take_line_end(at, c);
  }

  Step take_line_end(std::size_t at, char c) {
    if (c == '\n') return start_line(at);
    if (c == '\r') return enter(State::line_feed, at);
    return malformed();
  }

  Step take_line_start(std::size_t at, char c) {
    if (c == '\n') return finish(at);
    if (c == '\r') return enter(State::last_line_feed, at);
    if (!is_token_char(c)) return malformed();  // a space too: obs-fold (RFC 9112 section 5.2)
    return enter(State::name, at);
  }

  Step take_name(std::size_t at, char c) {
    if (c != ':') return is_token_char(c) ? Step(false) : malformed();
    name_ = to_lower(part(at));
    if (name_ == "host" && has_host_) return tl::unexpected(HeadError::several_hosts);
    return enter(State::value, at + 1);
  }

  Step take_value(std::size_t at, char c) {
    if (is_value_char(c)) return false;
    const auto value = trim(part(at));
    if (name_ == "host") {
      head_.host = value;
      has_host_ = true;
    } else if (name_ == "accept" && to_lower(value).find("text/html") != std::string::npos) {
      head_.accepts_html = true;
    }
    return take_line_end(at, c);
  }

  Step finish(std::size_t at) {
    if (!has_host_) return tl::unexpected(HeadError::no_host);
    head_.length = at + 1;
    return true;
  }

  std::string_view bytes_;
  State state_ = State::method;
  std::size_t part_start_ = 0;
  std::string name_;  ///< of the present header, lower case
  bool has_host_ = false;
  RequestHead head_;
};

}  // namespace

tl::expected<RequestHead, HeadError> parse_request_head(std::string_view bytes) {
  const auto readable = std::min(bytes.size(), kMaxRequestHead);
  HeadReader reader(bytes);
  for (std::size_t at = 0; at < readable; ++at) {
    const auto done = reader.take(at);
    if (!done) return tl::unexpected(done.error());
    if (*done) return std::move(reader).head();
  }
  return tl::unexpected(readable == kMaxRequestHead ? HeadError::too_large : HeadError::incomplete);
}

}  // namespace hardline::wire
