// The heads that pass a proxy (RFC 9110 section 7.6.1, RFC 9112 sections 3.2.2 and 9.6): fields that are about one
// connection stay behind, and either side is told that its connection ends with this request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "hardline/http/request_head.hpp"

namespace hardline::http {

/// A request's head in origin-form, as it goes on to a service, and what follows it.
struct ForwardedHead {
  enum class Content { none, length, chunked };

  std::string text;  ///< with its blank line
  Content content = Content::none;
  std::uint64_t length = 0;  ///< octets of the content, where it is told

  friend bool operator==(const ForwardedHead&, const ForwardedHead&) = default;
};

/// `head` is what parse_request_head() read at the start of `bytes`, and no CONNECT. nullopt where its fields do not
/// tell beyond doubt how long the content is (RFC 9112 sections 6.1 and 6.3): what follows could then be taken for
/// another request.
std::optional<ForwardedHead> forward_request_head(const RequestHead& head, std::string_view bytes);

/// Longest head of an answer, in octets: what common servers and browsers let pass.
inline constexpr std::size_t kMaxAnswerHead = 64 * 1024;

struct AnswerHead {
  int status = 0;          ///< below 200: another head follows (RFC 9110 section 15.2)
  std::string text;        ///< as it goes on, with its blank line
  std::size_t length = 0;  ///< octets that were read of it

  friend bool operator==(const AnswerHead&, const AnswerHead&) = default;
};

/// Reads an answer's head that arrives in pieces, each octet once. Services are taken as they are: where a head can be
/// told from what follows it, it is passed on, however odd its fields.
class AnswerHeadReader {
 public:
  /// Reads on in `more`, and passes over what follows the head. The errors: `incomplete`, `too_large`, and `malformed`
  /// for what is no answer of HTTP/1. After any answer but `incomplete` the reader is spent.
  tl::expected<AnswerHead, HeadError> feed(std::string_view more);

  /// The octets of the head that were fed so far.
  const std::string& octets() const { return octets_; }

 private:
  std::string octets_;
};

}  // namespace hardline::http
