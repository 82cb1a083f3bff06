// HTTP/1.1 towards those who ask this daemon itself (RFC 9110, RFC 9112): the verbs on the control socket, and browsers
// that open the dashboard. One connection, request after request.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hardline/rt/byte_stream.hpp"
#include "hardline/rt/event.hpp"

namespace hardline::web {

struct Request {
  std::string method;  ///< "GET"
  std::string target;  ///< as sent: path and query, in origin-form
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;

  std::string_view path() const;   ///< of `target`, still percent-encoded
  std::string_view query() const;  ///< without the question mark

  /// The value of the one field of this name (in any case); nullopt where there is none or more than one.
  std::optional<std::string_view> field(std::string_view name) const;
  bool has_field(std::string_view name) const;

  /// The one parameter of the query, decoded; nullopt where it is missing, given twice, or broken.
  std::optional<std::string> parameter(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type;
  std::string body;
  /// Beside those of the content, Cache-Control (`no-store` unless it is among these) and Connection.
  std::vector<std::pair<std::string, std::string>> fields = {};
};

/// One request, and the way to answer it: by respond(), by begin() and send(), or by take_over(), once.
class Exchange {
 public:
  virtual const Request& request() const = 0;

  /// All at once. `response` outlives the call; of an answer to HEAD the body is left out, and its length told.
  virtual awaitable<void> respond(const Response& response) = 0;

  /// An answer that goes on for as long as send() is called, in chunks (RFC 9112 section 7.1): events. The connection
  /// ends with it. `response` (without a body) outlives the call. False where nobody takes it any more.
  virtual awaitable<bool> begin(const Response& response) = 0;
  virtual awaitable<bool> send(std::string_view piece) = 0;

  /// Whether the other side is gone, or the server ends; `news()` is notified then. For begin(): nothing is read
  /// meanwhile but the end.
  virtual bool is_over() const = 0;
  virtual Event& news() = 0;

  /// The connection itself, after a 101 that names `protocol` (RFC 9110 section 7.8); `early` is what came behind the
  /// request. Nothing but the caller reads or writes it from then on, and closes it in the end.
  struct Taken {
    ByteStream& stream;
    std::string early;
  };
  virtual awaitable<std::optional<Taken>> take_over(std::string_view protocol) = 0;

 protected:
  ~Exchange() = default;
};

class HttpHandler {
 public:
  /// Answers. What it throws is a 500 and an error in the log; what it does not answer is a 500, too.
  virtual awaitable<void> handle(Exchange& exchange) = 0;

 protected:
  ~HttpHandler() = default;
};

struct HttpLimits {
  std::chrono::seconds transfer{10};  ///< for a request to arrive once it has begun, and for an answer to be taken
  std::chrono::seconds idle{60};      ///< between requests
  std::size_t head = 16 * 1024;       ///< octets of a request
  std::size_t body = 64 * 1024;       ///< octets of a request
};

/// Answers the requests of one connection, `early` being what was read of it already, until its end; then closes it
/// properly. To end it from outside, abort `stream`. A request that is no HTTP, or is too large, is answered so.
/// All outlive the call.
awaitable<void> serve_http(Executor executor, ByteStream& stream, std::string early, HttpHandler& handler,
                           HttpLimits limits);

}  // namespace hardline::web
