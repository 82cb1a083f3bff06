// An HTTP/1.1 client: for the web server behind a cache, OpenDHT's proxies, and our own daemon behind its Unix socket
// (RFC 9110, RFC 9112).
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hardline/base/origin_address.hpp"
#include "hardline/base/result.hpp"
#include "hardline/net/resolver.hpp"
#include "hardline/net/tls_stream.hpp"
#include "hardline/rt/asio.hpp"

namespace hardline::web {

struct HttpServer {
  OriginAddress where;     ///< host and port, or a Unix socket's path
  SSL_CTX* tls = nullptr;  ///< https, with this context (see verifying_context()), which outlives the client
};

struct HttpRequest {
  std::string method = "GET";  ///< not CONNECT, whose answer is framed in another way
  std::string target = "/";    ///< as it is sent: begins with `/`, without spaces
  std::string body = {};       ///< JSON, if there is any and `fields` have no Content-Type
  /// Sent as given, beside our own: Host, User-Agent, Connection, the body's, and Accept and Content-Type unless they
  /// are among these.
  std::vector<std::pair<std::string, std::string>> fields = {};
};

struct HttpAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;  ///< in their order, each line a field; no trailers
  std::string body;  ///< what exchange() has read of it; begin() reads nothing of it

  /// The value of the first field of this name, in any case.
  std::optional<std::string_view> field(std::string_view name) const;
};

/// The value of Host (RFC 9110 section 7.2): the port only where it is not the scheme's own, `localhost` for a Unix
/// socket.
std::string host_field(const HttpServer& server);

/// A context for https that trusts the system's authorities (or those of SSL_CERT_FILE and SSL_CERT_DIR, openssl(1)),
/// and demands a certificate. Throws std::runtime_error where OpenSSL makes none.
SslContextPtr verifying_context();

/// A context for https that takes any certificate. Throws as verifying_context().
SslContextPtr unverifying_context();

/// One exchange after the other, each over a connection of its own. io thread only, and one coroutine at a time; only
/// close() is for others meanwhile. Every address of the host is tried: a further one each 250 ms, or as soon as one
/// has failed, and the first connection wins (RFC 8305 in small). Redirects are not followed: they are an answer.
///
/// Errors: host_not_found; what connect(2) says (as connection_refused); Errc::certificate_untrusted, Errc::tls_failed;
/// Errc::timed_out; Errc::malformed, Errc::too_large and Errc::truncated for an answer that is no HTTP, has too much of
/// it or breaks off; Errc::cancelled after close(); invalid_argument for a request that would become something else on
/// its way, as by a line's end in a field. A status is none, whichever it is. An answer to HEAD has no body, nor has
/// one with 204 or 304, whatever its Content-Length says. A body that has neither a length nor chunks ends where the
/// connection properly does.
class HttpClient {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  /// `resolver` outlives it.
  HttpClient(Executor executor, Resolver& resolver, HttpServer server);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  /// Connects, sends `request`, and reads the answer's head. `deadline` is for the whole exchange, body included,
  /// unless extend() moves it.
  awaitable<Result<HttpAnswer>> begin(HttpRequest request, Deadline deadline);

  /// A new deadline for the exchange that runs, once begin() has come back.
  void extend(Deadline deadline);

  /// What has come of the body since the last call, waiting for at least one octet; empty at the body's end. It reads
  /// 64 KiB at a time, and only when it is called: a caller who pauses makes the server wait.
  awaitable<Result<std::string>> read_piece();

  /// All that read_piece() still has; Errc::too_large if that is more than `max` octets.
  awaitable<Result<std::string>> read_body(std::size_t max);

  /// begin() and read_body().
  awaitable<Result<HttpAnswer>> exchange(HttpRequest request, Deadline deadline, std::size_t max_body = 64 * 1024);

  /// For good, from anywhere on the io thread: what waits comes back soon with Errc::cancelled.
  void close();

  /// The last error in a person's words, as "it refuses connections" or "its certificate is not trusted: certificate
  /// has expired"; empty if there was none.
  const std::string& problem() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hardline::web
