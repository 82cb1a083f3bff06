// The start of an HTTP/1 request as the local proxy needs it (RFC 9112): where it ends, which Host it names, and
// whether a browser sent it. Everything else is carried untouched.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace hardline::http {

/// Longest request head, in octets.
inline constexpr std::size_t kMaxRequestHead = 16 * 1024;

/// How a request says what it wants (RFC 9112 section 3.2).
enum class TargetForm {
  origin,     ///< `/path?query`, or `*`
  absolute,   ///< `http://host:port/path?query`: said to a proxy
  authority,  ///< `host:port`: CONNECT, said to a proxy
};

struct RequestHead {
  std::string method;  ///< "GET"; case-sensitive (RFC 9110 section 9.1)
  TargetForm form = TargetForm::origin;
  /// In origin-form or `*`, also of what came in absolute-form: what is said to the service. `host:port` of CONNECT.
  std::string target;
  /// The one Host header's value. Where the target names a host, that and its port in Host's place, which may then be
  /// missing (RFC 9112 section 3.2.2). Not yet looked at.
  std::string host;
  bool accepts_html = false;  ///< Accept names text/html: a person looks at the answer
  bool has_body = false;      ///< Transfer-Encoding or Content-Length says that content follows (RFC 9112 section 6)
  bool has_upgrade = false;   ///< Upgrade: what follows may be no HTTP (RFC 9110 section 7.8)
  std::optional<std::string> origin;  ///< Origin: of the page that asks
  std::string fetch_site;             ///< Sec-Fetch-Site: how near that page is, as "cross-site"; empty if not told
  std::string fetch_mode;             ///< Sec-Fetch-Mode: "navigate" where a browser goes to a page; empty if not told
  std::string fetch_dest;             ///< Sec-Fetch-Dest: "document" where that fills its tab; empty if not told
  bool has_fetch_metadata = false;    ///< any Sec-Fetch-*: a browser asks
  bool has_site_data = false;         ///< Cookie or Origin: what a browser keeps or tells of a site
  bool is_ahead = false;       ///< Sec-Purpose, Purpose or X-Moz: a browser asks before anybody wants to see the answer
  std::string user_agent;      ///< User-Agent
  bool names_browser = false;  ///< user_agent begins as those of all browsers do: "Mozilla/"
  std::size_t length = 0;      ///< octets up to and including the blank line

  friend bool operator==(const RequestHead&, const RequestHead&) = default;
};

enum class HeadError {
  incomplete,  ///< read on
  malformed,   ///< not an HTTP/1.0 or 1.1 request head
  too_large,   ///< more than kMaxRequestHead octets without an end
  no_host,
  several_hosts,  ///< also two equal ones (RFC 9112 section 3.2: answer 400)
  other_scheme,   ///< an absolute URI that is not http://
};

/// Reads a head that arrives in pieces, each octet once: one that comes octet by octet costs no more than one that
/// comes whole.
class RequestHeadReader {
 public:
  /// Reads on in `more`, the octets behind those fed before. What follows the head is passed over:
  /// `RequestHead::length` counts from the first octet ever fed. The errors are those of parse_request_head() for all
  /// octets so far; after any answer but `incomplete` the reader is spent.
  tl::expected<RequestHead, HeadError> feed(std::string_view more);

 private:
  using Step = tl::expected<bool, HeadError>;  ///< true at the head's last octet

  enum class State {
    method,
    target,
    path,
    asterisk,
    scheme,
    slashes,
    host,
    literal,
    behind_literal,
    port,
    version,
    line_start,
    name,
    value,
    line_feed,
    last_line_feed
  };

  Step take(char c);
  Step take_method(char c);
  Step take_target(char c);
  Step take_path(char c);
  Step take_scheme(char c);
  Step take_slash(char c);
  Step take_host(char c);
  Step take_literal(char c);
  Step take_port(char c);
  Step take_behind_authority(char c);
  Step take_version(char c);
  Step take_line_end(char c);
  Step take_line_start(char c);
  Step take_name(char c);
  Step take_value(char c);
  Step finish();
  Step stay(char c);
  Step stay_in_authority(char c);
  Step enter(State state);
  Step end_target(std::string target);
  void note_field(std::string_view value);
  void note_browsers_field(std::string_view value);

  State state_ = State::method;
  std::string part_;       ///< what was read since the present state began
  std::string name_;       ///< of the present header, lower case
  bool has_host_ = false;  ///< a Host header
  RequestHead head_;       ///< its length: of all octets so far
};

/// Reads the head at the start of `bytes`. `incomplete` as soon as it may still become valid, an error as soon as it
/// cannot: a TLS ClientHello or an HTTP/2 preface is `malformed` at its first octets.
tl::expected<RequestHead, HeadError> parse_request_head(std::string_view bytes);

}  // namespace hardline::http
