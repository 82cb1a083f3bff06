// Puts where this machine's services can be reached into the DHT, and keeps it there (PROTOCOL: WAN).
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hardline/base/key_hash.hpp"
#include "hardline/discovery/dht.hpp"
#include "hardline/discovery/dht_proxy.hpp"
#include "hardline/discovery/network_clock.hpp"
#include "hardline/rt/event.hpp"

namespace hardline::discovery {

struct AnnouncerTimes {
  std::chrono::seconds put_every = std::chrono::minutes(8);      ///< values live ten minutes
  std::chrono::seconds retry_after = std::chrono::seconds(20);   ///< after a put that nobody took
  std::chrono::seconds put_limit = std::chrono::seconds(20);     ///< of one put
  std::chrono::seconds confirm_after = std::chrono::seconds(5);  ///< a get follows a put by this much…
  unsigned confirm_each = 4;  ///< …at the first put by way of somebody, then at each so-many-th
};

/// How the announcement of one service stands.
struct Announcement {
  std::optional<std::chrono::system_clock::time_point> last_put;  ///< that somebody took
  std::string by;                                                 ///< Dht::name() of who took it
  std::optional<bool> confirmed;  ///< a later get found it, or did not; nullopt: not looked yet
  std::string problem;            ///< of the last put; empty if it went well
};

/// io thread only. The native node puts; where it cannot, the first proxy by priority that does not lose puts.
class Announcer {
 public:
  /// `node` (may be null), `proxies` and `clock` outlive it.
  Announcer(Executor executor, Dht* node, std::vector<DhtProxy*> proxies, NetworkClock& clock,
            AnnouncerTimes times = {});

  /// Puts until close().
  awaitable<void> run();
  void close();

  /// The services to announce: those that want it. A change is put at once.
  void publish(std::vector<KeyHash> keys);
  /// Where they can be reached, as the value is put; empty: nowhere, and nothing is put. A change is put at once.
  void set_hosts(std::string wan_hosts);
  /// Nodes that knew us may be out of reach now: put again soon.
  void network_changed();

  const std::map<KeyHash, Announcement>& announcements() const;
};

}  // namespace hardline::discovery
