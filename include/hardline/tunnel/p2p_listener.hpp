// The P2P port, 7008: other daemons come in here and are led to the services published on this machine
// (docs/protocol.md, "Tunnel").
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "hardline/net/accept.hpp"
#include "hardline/net/relay.hpp"
#include "hardline/rt/session_registry.hpp"
#include "hardline/rt/task_group.hpp"
#include "hardline/tunnel/password_guard.hpp"
#include "hardline/tunnel/published_service.hpp"
#include "hardline/tunnel/tls_contexts.hpp"

namespace hardline::tunnel {

class P2pListener {
 public:
  /// Most sessions at once; one more is closed as it arrives.
  static constexpr std::size_t kMaxSessions = 4096;
  /// Of them, most that one household may have on their way to a service, so that one stranger cannot use up the rest.
  static constexpr std::size_t kMaxOpenings = 256;

  /// The WANHosts to tell clients now; empty if none are known.
  using WanHosts = std::function<std::string()>;

  P2pListener(Executor executor, BufferPool& buffers, WanHosts wan_hosts);

  /// Binds `port` on IPv4 and, where the machine has it, IPv6; if it is taken, the next ones up to `port + more`.
  /// Port 0 takes a free one. Throws std::system_error where none can be had.
  void open(std::uint16_t port, int more);

  /// The port that open() got.
  std::uint16_t port() const { return acceptors_.port(); }

  /// Accepts until stop(). Spawns into `sessions`, which must be joined before this goes.
  void start(TaskGroup& sessions);
  void stop() { acceptors_.stop(); }

  /// Replaces what is published. Sessions of services that are no longer there are ended, others are not touched.
  void publish(std::vector<std::shared_ptr<PublishedService>> services);

  SessionRegistry& sessions() { return registry_; }

  /// A peer that is connected to a service, or on its way to it.
  struct Peer {
    asio::ip::address from;
    KeyHash service;
    std::uint64_t octets = 0;  ///< carried so far, both ways
  };
  /// What went through a service since the daemon started: also while it was paused or had another certificate file.
  struct Traffic {
    std::uint64_t connections = 0;  ///< that were led to its origin
    std::uint64_t octets = 0;       ///< both ways, those of open connections included
    std::size_t open = 0;           ///< connected now
  };
  Traffic traffic(const KeyHash& service) const;

  /// In no order. Those that have not named a service yet are not among them.
  std::vector<Peer> peers() const;

 private:
  class OpeningPlace;
  class ServerSession;
  using Openings = std::map<asio::ip::address, std::size_t>;  // by household

  bool has_room_for(const asio::ip::address& from) const;
  awaitable<void> serve(tcp::socket socket, asio::ip::address from);

  Executor executor_;
  BufferPool& buffers_;
  WanHosts wan_hosts_;
  std::unordered_map<KeyHash, std::shared_ptr<PublishedService>> services_;
  ContextBySni context_by_sni_;
  SslContextPtr context_;
  Acceptors acceptors_;
  PasswordGuard guard_;
  Openings openings_;
  std::unordered_map<KeyHash, Traffic> ended_;  ///< of sessions that are no more
  SessionRegistry registry_;
};

}  // namespace hardline::tunnel
