// This machine's presence on the internet: asks the router to let connections in, works out where they have to come to,
// and announces that in the DHT. What the services are it is told; who may open them is none of its business.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "hardline/dht/dht_node.hpp"
#include "hardline/dht/dht_proxy.hpp"
#include "hardline/reach/announcer.hpp"
#include "hardline/reach/port_mapper.hpp"
#include "hardline/reach/wan_hosts.hpp"
#include "hardline/rt/event.hpp"
#include "hardline/rt/task_group.hpp"

namespace hardline::reach {

struct PresenceOptions {
  PortMapperOptions port_mapper;
  std::vector<HostPort> public_addresses;  ///< configured; best first
};

/// io thread only.
class Presence {
 public:
  /// An address with a port that turns out to be another's stays in the DHT for ten minutes: so long nothing is said to
  /// anybody before the router has answered.
  static constexpr auto kWaitForRouter = std::chrono::seconds(5);
  /// After a change of the public address the router and the DHT learn of it one after the other, and contradict each
  /// other meanwhile, as if there were two routers.
  static constexpr auto kNatSettles = std::chrono::minutes(2);
  /// How long the router and the DHT may take to tell our address, before a DHT proxy is asked.
  static constexpr auto kAskProxyAfter = std::chrono::seconds(15);
  /// A provider may change the address without anything here noticing: what only a proxy told is asked again.
  static constexpr auto kAskProxyEvery = std::chrono::minutes(10);
  static constexpr auto kAskProxyLimit = std::chrono::seconds(10);

  /// `node` (null: none), `proxies` by priority, and `clock` outlive it; so does `tasks`, joined after close().
  /// `changed` is called when reachability() may have.
  Presence(Executor executor, dht::DhtNode* node, std::vector<dht::DhtProxy*> proxies, dht::NetworkClock& clock,
           TaskGroup& tasks, PresenceOptions options, std::function<void()> changed);
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

  /// Begins, with the TLS port that is to be reached.
  void start(std::uint16_t p2p_port);

  /// What is published: whether anything is, and the services that may be announced in the DHT.
  void publish(bool anything, std::vector<KeyHash> in_dht);

  /// This machine's addresses or routes have changed, or it slept. The node is told too.
  void network_changed();

  /// Takes port mappings back and ends; bounded (3 s).
  void close();

  /// WANHosts as it goes over the wire (docs/protocol.md, "Tunnel"); empty if nothing is known.
  const std::string& wan_hosts() const { return wan_hosts_; }
  const Reachability& reachability() const { return reachability_; }
  /// This machine's own, as they were when reachability() was worked out.
  const std::vector<LocalAddress>& local_addresses() const { return local_addresses_; }
  const PortMapperStatus& port_mapper() const { return mapper_.status(); }
  const Announcer& announcer() const { return announcer_; }

 private:
  void refresh();
  void node_changed();
  bool waits_for_router() const;
  awaitable<void> let_settle();
  void say_what_is_new(const Reachability& now);
  awaitable<void> ask_proxies();
  void ask_proxies_soon();
  void notice_new_address();
  void forget_what_others_saw();

  dht::DhtNode* node_;
  std::vector<dht::DhtProxy*> proxies_;
  TaskGroup& tasks_;
  std::vector<HostPort> configured_;
  std::function<void()> changed_;
  std::uint16_t p2p_port_ = 0;
  bool wanted_ = false;  ///< something is published
  bool dht_wanted_ = false;
  bool node_connected_ = false;
  bool closed_ = false;
  Event news_;
  std::chrono::steady_clock::time_point wait_for_router_until_{};
  std::chrono::steady_clock::time_point ask_proxies_at_ = std::chrono::steady_clock::time_point::max();
  PortMapper mapper_;
  std::optional<asio::ip::address_v4> gateways_address_;  ///< the last one it has told
  Announcer announcer_;
  Reachability reachability_;
  std::vector<LocalAddress> local_addresses_;
  std::chrono::steady_clock::time_point nat_since_{};  ///< reachability_.nat
  Reachability said_;                                  ///< in the log, of its wan_hosts and nat
  std::string wan_hosts_;
};

}  // namespace hardline::reach
