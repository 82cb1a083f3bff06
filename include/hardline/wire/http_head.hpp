// The start of an HTTP/1 request as the local proxy needs it (RFC 9112): where it ends and which Host it names.
// Everything else is carried untouched.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace hardline::wire {

/// Longest request head, in octets.
inline constexpr std::size_t kMaxRequestHead = 16 * 1024;

struct RequestHead {
  std::string method;         ///< "GET"; case-sensitive (RFC 9110 section 9.1)
  std::string target;         ///< as sent: origin-form or `*`
  std::string host;           ///< the one Host header's value, not yet looked at
  bool accepts_html = false;  ///< Accept names text/html: a person looks at the answer
  std::size_t length = 0;     ///< octets up to and including the blank line
};

enum class HeadError {
  incomplete,  ///< read on
  malformed,   ///< not an HTTP/1.0 or 1.1 request head
  too_large,   ///< more than kMaxRequestHead octets without an end
  no_host,
  several_hosts,    ///< also two equal ones (RFC 9112 section 3.2: answer 400)
  not_origin_form,  ///< CONNECT or an absolute URI: a request to a forward proxy
};

/// Reads the head at the start of `bytes`. `incomplete` as soon as it may still become valid, an error as soon as it
/// cannot: a TLS ClientHello or an HTTP/2 preface is `malformed` at its first octets.
tl::expected<RequestHead, HeadError> parse_request_head(std::string_view bytes);

}  // namespace hardline::wire
