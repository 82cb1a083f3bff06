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

#include "hardline/net/byte_stream.hpp"
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
  bool has_parameter(std::string_view name) const;
};

/// Whether a request of this method could change anything: all but GET and HEAD.
bool is_change(std::string_view method);

/// Whether it would have the connection speak `protocol` from now on (RFC 9110 section 7.8).
bool asks_for_protocol(const Request& request, std::string_view protocol);

struct Response {
  int status = 200;
  std::string content_type;  ///< empty: the field is left out
  std::string body;
  /// Beside those of the content, Date, Cache-Control (`no-store` unless it is among these) and Connection. Of names
  /// and values that would end their line, a 500 is made, and an error in the log.
  std::vector<std::pair<std::string, std::string>> fields = {};
};

/// One request, and the way to answer it: by respond(), by begin() and send(), or by take_over(), once; a second time
/// throws std::logic_error.
class Exchange {
 public:
  virtual const Request& request() const = 0;

  /// All at once. `response` outlives the call; of an answer to HEAD the body is left out, and its length told.
  virtual awaitable<void> respond(const Response& response) = 0;

  /// An answer that goes on for as long as send() is called, in chunks (RFC 9112 section 7.1): events. It ends when
  /// handle() returns, and the connection with it. `response` (without a body) and `piece` outlive the call. False
  /// where nobody takes it any more, and for HEAD.
  virtual awaitable<bool> begin(const Response& response) = 0;
  virtual awaitable<bool> send(std::string_view piece) = 0;

  /// After begin(): whether the other side is gone (also one that only ended its own direction), or the server ends;
  /// `news()` is notified then. What else it sends is not read as requests.
  virtual bool is_over() const = 0;
  virtual Event& news() = 0;

  /// The connection itself, after a 101 that names `protocol`, for which the request must have asked
  /// (asks_for_protocol(), else std::logic_error); `early` is what came behind the request. Nothing but the caller
  /// reads or writes it from then on, and closes it in the end. nullopt where the other side is gone.
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
  std::chrono::milliseconds transfer =
      std::chrono::seconds(10);  ///< for a request to arrive once it has begun, and for an answer to be taken
  std::chrono::milliseconds idle = std::chrono::seconds(60);  ///< between requests
  std::size_t head = 16 * 1024;                               ///< octets of a request
  std::size_t body = 1024 * 1024;  ///< octets of a request: a file of all petnames that there can be
};

/// Answers the requests of one connection, one after the other, `early` being what was read of it already, until its
/// end; then closes it properly. To end it from outside, abort `stream`. A request that is no HTTP, is too large (413,
/// 431) or does not arrive in time (408) is answered so, and the connection closed. What the Host says, of which there
/// is exactly one in HTTP/1.1, is for the handler to look at. All outlive the call.
awaitable<void> serve_http(Executor executor, ByteStream& stream, std::string early, HttpHandler& handler,
                           HttpLimits limits);

}  // namespace hardline::web
