// OpenDHT's runner as DhtNode uses it (libopendht 2.4.12, opendht/dhtrunner.h), with what only queues told apart from
// what waits for OpenDHT's lock, which its thread holds while it works and calls back.
#pragma once

#include <opendht/dhtrunner.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hardline/dht/dht_key.hpp"
#include "hardline/dht/dht_node_options.hpp"
#include "hardline/dht/dht_node_status.hpp"

namespace hardline::dht {

class OpenDht {
 public:
  using State = DhtNodeStatus::State;
  /// Callbacks come on OpenDHT's thread, with its lock held: they must not wait, nor call an OpenDht.
  using OnState = std::function<void(State)>;
  using OnValues = std::function<bool(std::vector<std::string> values)>;  ///< false: enough
  using OnDone = std::function<void(bool success)>;

  /// What goes up with it, and goes when its last thread has ended.
  using Presence = std::shared_ptr<const void>;

  /// Opens sockets and starts the thread. Blocks; throws std::exception. It ends when nobody has it any more, on a
  /// thread of its own, since that can take long: nothing waits there for whoever lets go last.
  static std::shared_ptr<OpenDht> start(const DhtNodeOptions& options, OnState on_state, Presence presence);

  OpenDht(const OpenDht&) = delete;
  OpenDht& operator=(const OpenDht&) = delete;

  std::uint16_t port() const { return port_; }
  const std::string& problem() const { return problem_; }  ///< why it is another port; empty if it is not

  // These queue, and never wait.
  void ping(const std::vector<udp::endpoint>& nodes);
  void get(const DhtKey& key, OnValues on_values, OnDone on_done);
  /// A value of the same id that is stored already is prolonged, and never changed: OpenDHT's nodes refuse that. Until
  /// end_put() it goes on putting it, and `on_done` may come.
  void put(const DhtKey& key, std::uint64_t id, std::string_view value, OnDone on_done);
  void end_put(const DhtKey& key, std::uint64_t id);
  void network_changed();  ///< forgets also what address it was told to have

  // These wait for the lock: for a pool.
  struct Report {
    ::dht::NodeStats ipv4, ipv6;
    std::vector<asio::ip::address> seen_as;  ///< our address as it was told most often; of each family one at most
    std::vector<asio::ip::address> told;     ///< as it was told at all, of both families
    bool told_is_full = false;               ///< OpenDHT takes no further one, until network_changed()
  };
  Report report() const;
  std::vector<udp::endpoint> good_nodes() const;

 private:
  OpenDht(const DhtNodeOptions& options, OnState on_state, Presence presence);
  ~OpenDht();
  static void end_elsewhere(OpenDht* node);

  Presence presence_;  // the first, so that it goes last
  std::uint16_t port_ = 0;
  std::string problem_;
  ::dht::DhtRunner runner_;
};

}  // namespace hardline::dht
