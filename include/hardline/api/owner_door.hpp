// What the control socket leads to: the API, and what is only for this machine's own programs (docs/api.md).
#pragma once

#include <chrono>
#include <memory>
#include <string_view>
#include <unordered_set>

#include "hardline/api/api.hpp"
#include "hardline/rt/session_registry.hpp"
#include "hardline/tunnel/port_forward.hpp"
#include "hardline/web/http_server.hpp"

namespace hardline::api {

/// Beside what Api answers:
///
/// `GET /api/connect?name=NAME` with `Upgrade: hardline-stream`: 101, then a service's bytes. Towards the service they
/// are as they are, and half-closing the socket ends them (closing it before the service has ended is a cut); from it
/// they come in chunks (RFC 9112 section 7.1), the last of which, of size 0, is the proper end: without it the
/// connection was cut. Where there is no tunnel: 502 and an error.
///
/// `POST /api/forward` {"name", "address", "port"}: opens a port for as long as the request goes on; the answer's body
/// is a line of JSON for each event: {"listening": "localhost:5900"}, {"problem": "…"}.
///
/// `GET /api/neighbours/events`: who is on this network, as lines of JSON, one at once and one at each change, while
/// the request goes on: {"neighbours": […]}.
class OwnerDoor final : public web::HttpHandler {
 public:
  /// What `GET /api/connect` must ask for in Upgrade.
  static constexpr std::string_view kProtocol = "hardline-stream";

  /// `api` and what the tools refer to outlive it.
  OwnerDoor(Api& api, tunnel::TunnelTools tools) : api_(api), tools_(tools) {}

  awaitable<void> handle(web::Exchange& exchange) override;

  /// Has the tunnels behind connections and forwarded ports look whether their paths still stand.
  void check_paths();

  /// Forwarded ports accept no more. Open connections go on.
  void stop();
  /// Ends every connection, those through forwarded ports too.
  void close_all();
  /// SessionRegistry::finish() of all of them, side by side.
  awaitable<void> finish(std::chrono::steady_clock::duration grace);

 private:
  class ConnectSession;

  awaitable<void> connect(web::Exchange& exchange);
  awaitable<void> forward(web::Exchange& exchange);
  awaitable<void> watch_lan(web::Exchange& exchange);

  Api& api_;
  tunnel::TunnelTools tools_;
  SessionRegistry connected_;
  std::unordered_set<std::shared_ptr<tunnel::PortForward>> forwards_;  ///< that are open
};

}  // namespace hardline::api
