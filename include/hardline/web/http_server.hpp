// HTTP/1.1 towards those who ask this daemon itself (RFC 9110, RFC 9112): the verbs on the control socket, and browsers
// that open the dashboard. One connection, request after request.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hardline/net/byte_stream.hpp"
#include "hardline/rt/event.hpp"
#include "hardline/web/messages.hpp"

namespace hardline::web {

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

/// Answers the requests of one connection, one after the other, `early` being what was read of it already, until its
/// end; then closes it properly. To end it from outside, abort `stream`. A request that is no HTTP, is too large (413,
/// 431) or does not arrive in time (408) is answered so, and the connection closed. What the Host says, of which there
/// is exactly one in HTTP/1.1, is for the handler to look at. All outlive the call.
awaitable<void> serve_http(Executor executor, ByteStream& stream, std::string early, HttpHandler& handler,
                           HttpLimits limits);

}  // namespace hardline::web
