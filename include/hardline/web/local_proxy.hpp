// The local port, 7009: a browser on this machine asks for http://NAME.localhost and is led through a tunnel to the
// service of that name (PROTOCOL: Tunnel 5).
#pragma once

#include <vector>

#include "hardline/rt/relay.hpp"
#include "hardline/rt/session_registry.hpp"
#include "hardline/rt/task_group.hpp"
#include "hardline/tunnel/client.hpp"

namespace hardline::web {

class LocalProxy {
 public:
  static constexpr auto kHeadTimeout = std::chrono::seconds(10);

  LocalProxy(Executor executor, BufferPool& buffers, tunnel::Dialer& dialer, discovery::Finder& finder);

  /// Binds 127.0.0.1 and, where the machine has it, ::1. Throws std::system_error where the port is taken.
  void open(std::uint16_t port);
  bool is_open() const { return !acceptors_.empty(); }

  /// Accepts until stop(). Spawns into `sessions`, which must be joined before this goes.
  void start(TaskGroup& sessions);
  void stop();

  /// Has the sessions that lead to a service look whether their paths still stand.
  void check_paths_to(const KeyHash& key);

  SessionRegistry& sessions() { return registry_; }
  std::size_t browsers() const { return registry_.size(); }  ///< connections

 private:
  class BrowserSession;

  awaitable<void> accept_on(tcp::acceptor& acceptor, TaskGroup& sessions);
  awaitable<void> serve(tcp::socket socket);

  Executor executor_;
  BufferPool& buffers_;
  tunnel::Dialer& dialer_;
  discovery::Finder& finder_;
  std::vector<tcp::acceptor> acceptors_;
  SessionRegistry registry_;
};

}  // namespace hardline::web
