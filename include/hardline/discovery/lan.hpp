// LAN discovery on the network: sockets, interfaces and timers around LanTable (PROTOCOL: LAN discovery).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hardline/base/service_name.hpp"
#include "hardline/discovery/lan_table.hpp"
#include "hardline/rt/asio.hpp"

namespace hardline::discovery {

/// Hears searches and announcements on every interface that can do multicast, answers for the published services,
/// and searches. Joins again when interfaces come and go (rtnetlink(7), debounced).
class Lan {
 public:
  /// Opens the sockets. Where UDP port 6771 cannot be had it logs why and works as a searcher only.
  explicit Lan(Executor executor);
  Lan(const Lan&) = delete;
  Lan& operator=(const Lan&) = delete;
  ~Lan();

  /// Runs until close(). Spawn it in the daemon's task group.
  awaitable<void> run();
  void close();

  /// Replaces the services that are answered for; `port` is the TLS port they are at.
  void publish(std::vector<LanService> services, std::uint16_t port);

  /// Sends a search for `key` (today's rolling code, and the neighbour day's near midnight UTC) on every interface:
  /// now, and again after 100, 300 and 700 ms unless `stop` was called. Searches for one key are merged.
  void search(const KeyHash& key);

  /// Sends the empty search: "who is there?".
  void search_all();

  /// Endpoints heard for `key` within kHeardFor, newest first.
  std::vector<tcp::endpoint> heard(const KeyHash& key) const;

  /// Calls `listener` on the io thread at every announcement heard, until the returned token is destroyed.
  using Listener = std::function<void(const HeardService&)>;
  [[nodiscard]] std::shared_ptr<void> listen(Listener listener);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hardline::discovery
