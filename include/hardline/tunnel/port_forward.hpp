// A local port that leads to a service: for programs that know no NAME.localhost (VNC, games, databases).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "hardline/base/service_name.hpp"
#include "hardline/net/accept.hpp"
#include "hardline/rt/session_registry.hpp"
#include "hardline/rt/task_group.hpp"
#include "hardline/tunnel/raw_tunnel.hpp"

namespace hardline::tunnel {

/// io thread only.
class PortForward {
 public:
  /// Connections at once; one more is closed as it arrives.
  static constexpr std::size_t kMaxSessions = 256;

  /// Asked at each connection, as a petname may be pointed at another service meanwhile; nullopt: it has no meaning.
  using Resolve = std::function<std::optional<ServiceName>()>;
  /// Told of each connection that could not be led to the service: a line for a person.
  using Failed = std::function<void(const std::string& problem)>;

  PortForward(TunnelTools tools, Resolve resolve, Failed failed);
  PortForward(const PortForward&) = delete;
  PortForward& operator=(const PortForward&) = delete;

  /// Binds; port 0 takes a free one. Throws std::system_error. `localhost` is both 127.0.0.1 and, where the machine has
  /// it, ::1; `*` is every address; else a literal address.
  void open(const std::string& address, std::uint16_t port);
  std::uint16_t port() const { return acceptors_.port(); }

  /// Accepts until stop(). Spawns into `sessions`, which must be joined before this goes.
  void start(TaskGroup& sessions);
  /// Accepts no more. Open connections go on: see sessions().
  void stop() { acceptors_.stop(); }

  SessionRegistry& sessions() { return registry_; }

 private:
  class ForwardSession;

  awaitable<void> serve(tcp::socket socket);

  TunnelTools tools_;
  Resolve resolve_;
  Failed failed_;
  Acceptors acceptors_;
  SessionRegistry registry_;
};

}  // namespace hardline::tunnel
