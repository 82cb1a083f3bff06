// Requests and answers of serve_http() as octets, without sockets: strict reading, and writing in which nothing ends
// its line (RFC 9112).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "hardline/web/messages.hpp"

namespace hardline::web {

/// Reads one request.
class RequestParser {
 public:
  explicit RequestParser(const HttpLimits& limits);
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;
  ~RequestParser();

  /// Reads on in `octets`; how many it took. Those it did not take come again, with what follows them. Once it is done
  /// or has refused it takes none.
  std::size_t feed(std::string_view octets);

  bool is_done() const;

  /// What to answer to octets that are no request, or none that is served.
  const std::optional<Response>& refusal() const;

  /// The sender waits for a word before it sends the body (RFC 9110 section 10.1.1).
  bool expects_continue() const;

  /// As far as it was read. An absolute target is in origin-form here, and its host in the place of Host (RFC 9112
  /// section 3.2.2); an Upgrade of HTTP/1.0 is left out (RFC 9110 section 7.8).
  const Request& request() const;

  bool is_http10() const;
  /// Whether another request may follow the answer.
  bool keeps_alive() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// What follows an answer's head.
enum class Framing {
  length,     ///< the body, whose length is told
  chunks,     ///< chunks (RFC 9112 section 7.1)
  until_end,  ///< octets until the connection ends
};

/// Whether nothing in it would become something else on its way.
bool can_be_sent(const Response& response);

/// The head of an answer that can_be_sent(); `last` says that the connection ends with it.
std::string write_head(const Response& response, Framing framing, bool last);

/// Of an answer with this status there is no body, nor a length (RFC 9110 sections 6.4.1 and 8.6).
bool has_no_body(int status);

}  // namespace hardline::web
