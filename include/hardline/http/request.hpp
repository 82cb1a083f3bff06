// A request to a cache's HTTP server, as far as it decides about the answer (RFC 9110, RFC 9112).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "hardline/http/fields.hpp"

namespace hardline::http {

struct Request {
  std::string method;   ///< as sent
  std::string target;   ///< as sent, not yet looked at
  HeaderFields fields;  ///< of those that choose among answers: Range, If-…, Accept-Encoding
  bool http_1_0 = false;
  bool keep_alive = true;    ///< never of HTTP/1.0, where the end of the connection may be that of an answer
  bool has_content = false;  ///< a body follows the head
};

/// Why a request is not looked at. The connection ends with it: nobody can tell where the next request begins.
struct Refusal {
  int status = 400;
  std::string reason;  ///< a sentence for the page
};

struct ParsedRequest {
  std::optional<Request> request;  ///< none: read on
  std::size_t length = 0;          ///< octets of it up to its end, empty lines before it included
};

/// Takes the request at the start of `octets` apart. Whatever two readers could understand in two ways is refused: a
/// folded line, a bare CR or LF, two Content-Length, Content-Length beside Transfer-Encoding, two Host.
tl::expected<ParsedRequest, Refusal> parse_request(std::string_view octets);

}  // namespace hardline::http
