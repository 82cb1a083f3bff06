// A node of our own in the OpenDHT network.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "hardline/dht/dht.hpp"
#include "hardline/dht/dht_node_options.hpp"
#include "hardline/dht/dht_node_status.hpp"
#include "hardline/net/resolver.hpp"

namespace hardline::dht {

/// Whether this build has OpenDHT. Where it has not, every DhtNode stays idle, and its gets and puts fail at once
/// (std::errc::not_supported): the DHT is to be reached by DhtProxy alone.
bool has_dht_node();

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
