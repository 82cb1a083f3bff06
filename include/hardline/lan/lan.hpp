// LAN discovery on the network: sockets, interfaces and timers around LanTable (docs/protocol.md, "LAN discovery").
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "hardline/lan/lan_searcher.hpp"
#include "hardline/lan/lan_table.hpp"
#include "hardline/rt/asio.hpp"

namespace hardline::lan {

/// Hears searches and announcements on every interface that can do multicast, answers for the published services,
/// and searches. Joins again when interfaces come and go (rtnetlink(7), debounced); where they cannot be listed, it
/// goes on with those it knows, and tries again.
class Lan final : public LanSearcher {
 public:
  /// Opens the sockets. If it cannot have UDP port 6771, it logs why, and works as a searcher only.
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
  /// now, and again after 100, 300 and 700 ms, answered or not: whether an answer is true only its certificate says,
  /// and a forged one must not keep the true one from being asked for. A search under way serves all who ask.
  void search(const KeyHash& key) override;

  void search_all() override;

  std::vector<HeardService> heard(const KeyHash& key) const override;
  std::vector<HeardService> heard() const override;
  void forget(const KeyHash& key, const tcp::endpoint& endpoint) override;
  [[nodiscard]] std::shared_ptr<void> listen(Listener listener) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hardline::lan
