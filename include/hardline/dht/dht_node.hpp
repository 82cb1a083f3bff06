// A node of our own in the OpenDHT network.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "hardline/base/host_port.hpp"
#include "hardline/dht/dht.hpp"
#include "hardline/net/resolver.hpp"

namespace hardline::dht {

struct DhtNodeOptions {
  std::vector<HostPort> bootstrap;   ///< nodes to enter by, where no remembered one answers; UDP
  std::uint16_t port = 0;            ///< UDP; 0: any free one
  std::uint32_t network = 0;         ///< OpenDHT's network id; 0 is the public one
  std::filesystem::path nodes_file;  ///< the nodes known last time; written while it runs and at the end
};

struct DhtNodeStatus {
  /// idle: not wanted yet, or ended; disconnected: nobody has answered for some seconds, and it goes on trying.
  enum class State { idle, connecting, connected, disconnected };
  State state = State::idle;
  std::uint16_t port = 0;  ///< UDP; 0 while idle
  unsigned good_nodes4 = 0, good_nodes6 = 0, known_nodes4 = 0, known_nodes6 = 0;
  std::vector<asio::ip::address> seen_as;  ///< our address as most other nodes told us, of each family one at most
  std::string problem;                     ///< why it cannot run, or not as it was told: the port is taken; or empty
};

/// OpenDHT's runner with its thread, behind a mailbox: its callbacks only post, and no call of ours waits for its lock
/// on the io thread. It starts with start(), or the first get() or put(): a daemon that needs none sends nothing. A get
/// or put that comes while it is connecting waits for that, until its own deadline. A put fails
/// (std::errc::not_connected) as soon as it is disconnected, since there are others to put by; a get soon after that.
class DhtNode final : public Dht {
 public:
  /// `resolver` outlives it.
  DhtNode(Executor executor, Resolver& resolver, DhtNodeOptions options);
  DhtNode(const DhtNode&) = delete;
  DhtNode& operator=(const DhtNode&) = delete;
  ~DhtNode() override;

  /// Joins the network, to learn from others how they see us before there is anything to put. Once is enough.
  void start();

  std::string name() const override { return "the DHT"; }
  awaitable<std::error_code> get(DhtKey key, std::shared_ptr<Lookup> lookup, Deadline deadline) override;
  awaitable<std::error_code> put(DhtKey key, std::string value, Deadline deadline) override;

  /// As it was a moment ago; never waits.
  DhtNodeStatus status() const;

  /// Calls `changed` on the io thread when the state or seen_as has changed, but for network_changed(). One listener.
  void on_change(std::function<void()> changed);

  /// This machine's addresses have changed or its router's outer one, or it slept: others are asked anew how they see
  /// us, and seen_as is empty until they have said so. Puts that are under way end with Errc::cancelled: those that
  /// are to take the value may be out of reach now, and one that lingers would end the next one of the same value.
  void network_changed();

  /// Ends what runs, keeps the known nodes, stops. Bounded (3 s); later gets and puts fail at once.
  awaitable<void> stop();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace hardline::dht
