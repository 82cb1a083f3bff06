// Puts where this machine's services can be reached into the DHT, and keeps it there
// (docs/protocol.md, "Across the internet").
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hardline/base/key_hash.hpp"
#include "hardline/dht/dht.hpp"
#include "hardline/dht/network_clock.hpp"
#include "hardline/dht/proxy_dht.hpp"
#include "hardline/rt/asio.hpp"

namespace hardline::reach {

struct AnnouncerTimes {
  std::chrono::milliseconds put_every = std::chrono::minutes(8);       ///< values live ten minutes
  std::chrono::milliseconds settle = std::chrono::seconds(1);          ///< for changes that come in a row
  std::chrono::milliseconds retry_after = std::chrono::seconds(20);    ///< after a put that nobody took; then twice…
  std::chrono::milliseconds retry_at_most = std::chrono::minutes(2);   ///< …as long each time, up to this
  std::chrono::milliseconds put_limit = std::chrono::seconds(20);      ///< of one put by one way
  std::chrono::milliseconds rest = std::chrono::minutes(8);            ///< a way that failed comes last for so long
  std::chrono::milliseconds zombie_rest = std::chrono::hours(1);       ///< the same, of a proxy that loses puts
  std::chrono::milliseconds confirm_after = std::chrono::seconds(5);   ///< a get follows a put by this much…
  std::chrono::milliseconds confirm_limit = std::chrono::seconds(10);  ///< …and may take so long…
  unsigned confirm_each = 4;  ///< …at the first put by way of somebody, then at each so-many-th
  std::chrono::milliseconds look_at_clock = std::chrono::minutes(1);  ///< for the day to change
};

/// How the announcement of one service stands.
struct Announcement {
  std::optional<std::chrono::system_clock::time_point> last_put;  ///< that somebody took
  std::string by;                                                 ///< Dht::name() of who took it
  std::optional<bool> confirmed;  ///< a later get found it, or did not; nullopt: not looked yet
  std::string problem;            ///< of the last put; empty if it went well
};

/// Puts under way at the same time: a hundred services are no burst.
inline constexpr unsigned kPutsAtOnce = 4;

/// io thread only. The node of our own puts; where it cannot, the first proxy by priority that does not lose puts. A
/// way that failed, or a proxy that loses puts, is passed over for a while, unless it is the only one.
class Announcer {
 public:
  /// `node` (may be null), `proxies`, best first, and `clock` outlive it and what they do for it.
  Announcer(Executor executor, dht::Dht* node, std::vector<dht::ProxyDht*> proxies, dht::NetworkClock& clock,
            AnnouncerTimes times = {});
  Announcer(const Announcer&) = delete;
  Announcer& operator=(const Announcer&) = delete;
  ~Announcer();

  /// Puts until close(), under other days at once when `clock` was put right. It then ends at once; a put that is under
  /// way is left to its Dht.
  awaitable<void> run();
  void close();

  /// The services to announce: those that want it. A change is put at once.
  void publish(std::vector<KeyHash> keys);
  /// Where they can be reached, as the value is put; empty: nowhere, and nothing is put. A change is put at once.
  void set_hosts(std::string wan_hosts);
  /// Nodes that knew us may be out of reach now, or this machine slept: put again soon. A put that is under way is left
  /// to its Dht, and another one begun.
  void network_changed();
  /// The node has come into the network: it is asked first again, and what nobody took yet is put at once.
  void node_connected();

  /// Of each service that is published.
  const std::map<KeyHash, Announcement>& announcements() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hardline::reach
