// The local port, 7009: a browser on this machine asks for http://NAME.localhost and is led through a tunnel to the
// service of that name (docs/protocol.md, "Tunnel"), or to the dashboard. For programs it is an HTTP proxy, too, for
// *.localhost alone (RFC 9110 sections 7.2 and 9.3.6).
#pragma once

#include <vector>

#include "hardline/net/accept.hpp"
#include "hardline/net/relay.hpp"
#include "hardline/rt/session_registry.hpp"
#include "hardline/rt/task_group.hpp"
#include "hardline/store/name_book.hpp"
#include "hardline/store/visit_log.hpp"
#include "hardline/tunnel/client.hpp"
#include "hardline/web/http_server.hpp"

namespace hardline::door {

class LocalProxy {
 public:
  /// `names`, `visits` and `dashboard` outlive it.
  LocalProxy(tunnel::TunnelTools tools, store::NameBook& names, store::VisitLog& visits, web::HttpHandler& dashboard);

  /// Binds 127.0.0.1 and, where the machine has it, ::1. Throws std::system_error where the port is taken.
  void open(std::uint16_t port);
  bool is_open() const { return acceptors_.is_open(); }

  /// Accepts until stop(). Spawns into `sessions`, which must be joined before this goes.
  void start(TaskGroup& sessions);
  /// Accepts no more. Open connections go on: sessions() ends them.
  void stop() { acceptors_.stop(); }

  /// Has the sessions that lead to a service look whether their paths still stand.
  void check_paths_to(const KeyHash& key);

  /// Ends the sessions that came by this petname, which leads somewhere else now.
  void close_named(const std::string& label);

  /// One for each connection.
  SessionRegistry& sessions() { return registry_; }

 private:
  awaitable<void> serve(tcp::socket socket);

  tunnel::TunnelTools tools_;
  store::NameBook& names_;
  store::VisitLog& visits_;
  web::HttpHandler& dashboard_;
  Acceptors acceptors_;
  SessionRegistry registry_;
};

}  // namespace hardline::door
