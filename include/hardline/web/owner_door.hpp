// What the control socket leads to: the API, and what is only for this machine's own programs.
#pragma once

#include "hardline/tunnel/port_forward.hpp"
#include "hardline/web/api.hpp"
#include "hardline/web/http_server.hpp"

namespace hardline::web {

/// Beside /api/ (docs/api.md):
/// `GET /api/connect?name=NAME` with `Upgrade: hardline-stream`: 101, then a service's bytes. Towards the service they
/// are as they are, and half-closing the socket ends them; from it they come in chunks (RFC 9112 section 7.1), the last
/// of which, of size 0, is the proper end: without it the connection was cut. Where there is no tunnel: 502 and an
/// error. `POST /api/forward` {"name", "address", "port"}: opens a port for as long as the request goes on; the
/// answer's body is a line of JSON for each event: {"listening": "127.0.0.1:5900"}, {"problem": "…"}. `GET
/// /api/events`: events of the LAN's list, as lines of JSON, while the request goes on: {"neighbours": […]}.
class OwnerDoor final : public HttpHandler {
 public:
  /// `api` and what the tools refer to outlive it; so does `tasks`.
  OwnerDoor(Api& api, tunnel::TunnelTools tools, TaskGroup& tasks);

  awaitable<void> handle(Exchange& exchange) override;

 private:
  awaitable<void> connect(Exchange& exchange);
  awaitable<void> forward(Exchange& exchange);
  awaitable<void> watch_lan(Exchange& exchange);

  Api& api_;
  tunnel::TunnelTools tools_;
  TaskGroup& tasks_;
};

}  // namespace hardline::web
