// Listening sockets that keep going.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "hardline/rt/asio.hpp"
#include "hardline/rt/task_group.hpp"

namespace hardline {

/// A listening, non-blocking acceptor. An IPv6 one takes IPv6 only. Throws std::system_error.
tcp::acceptor listen_on(Executor executor, tcp::endpoint endpoint);

/// Accepts until the acceptor is closed, and hands each connection over. It waits a little and goes on if the process
/// is out of descriptors (EMFILE), or if a connection has gone before it was accepted. `name`, for the log, is a
/// literal. Instantiated for tcp and asio::local::stream_protocol.
template <class Protocol>
awaitable<void> accept_loop(asio::basic_socket_acceptor<Protocol>& acceptor, std::string_view name,
                            std::type_identity_t<std::function<void(typename Protocol::socket)>> accepted);

/// The listening sockets of one port.
class Acceptors {
 public:
  using Accepted = std::function<void(tcp::socket)>;

  /// `name`, for the log, is a literal.
  Acceptors(Executor executor, std::string_view name) : executor_(executor), name_(name) {}

  /// Listens there alone; on port 0, at one that is free. Throws std::system_error.
  void open(const tcp::endpoint& endpoint);

  /// Listens at both, or at `v4` alone if the machine has no IPv6; on port 0, at one that is free for both. Throws
  /// std::system_error, also if the port is taken on IPv6 alone: programs may try IPv6 first, and would then ask the
  /// program that has the port instead of us.
  void open(const asio::ip::address_v4& v4, const asio::ip::address_v6& v6, std::uint16_t port);

  bool is_open() const { return !acceptors_.empty() && acceptors_.front().is_open(); }
  /// The one that open() got; 0 before.
  std::uint16_t port() const { return port_; }

  /// Hands every connection over until stop(). Spawns into `tasks`, which must be joined before this goes.
  void start(TaskGroup& tasks, const Accepted& accepted);
  void stop();

 private:
  Executor executor_;
  std::string_view name_;
  std::vector<tcp::acceptor> acceptors_;
  std::uint16_t port_ = 0;
};

}  // namespace hardline
