// The Finder that knows this machine's own services, and asks the LAN, the remembered addresses and the DHT, directly
// and by way of proxies, at the same time (docs/protocol.md, "LAN discovery" and "Across the internet").
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <unordered_set>
#include <vector>

#include "hardline/dht/dht.hpp"
#include "hardline/dht/network_clock.hpp"
#include "hardline/find/finder.hpp"
#include "hardline/lan/lan_searcher.hpp"
#include "hardline/rt/task_group.hpp"
#include "hardline/store/peer_store.hpp"

namespace hardline::find {

/// Candidates of one search, whatever became of them: strangers can send us some.
inline constexpr std::size_t kMaxCandidates = 512;
/// Of them, from this machine, the LAN and memory, which the DHT cannot crowd out.
inline constexpr std::size_t kMaxNearCandidates = 64;
/// Of those, kept for remembered addresses, so that spoofed answers cannot crowd them out.
inline constexpr std::size_t kMaxRememberedCandidates = 8;
/// From one way into the DHT: more than the hundred values of a determined forger. Where there are many ways, they
/// share what the near ones leave of kMaxCandidates equally.
inline constexpr std::size_t kMaxDhtCandidates = 128;
/// One in so many is the part of the LAN's room, and of a way's into the DHT, that may be filled at once by further
/// ports of hosts that it has named, and by all but the first host of each value. The rest of those waits until its
/// answer is complete. So neither one who names port after port of a host, his own or another's, nor one who names many
/// hosts hides anybody.
inline constexpr std::size_t kFurtherPart = 8;  // 16 of a way's 128, which leaves room for a hundred forged values
/// Hosts read of one value of the DHT: a service has an address of each kind. A long list does not buy a forger more.
inline constexpr std::size_t kMaxHostsPerValue = 4;

/// Days that one search looks under: this clock's own, and those of some corrections. Proxies that tell another time
/// with each answer do not keep it busy.
inline constexpr std::size_t kMaxDays = 8;

struct FinderTimes {
  /// How long the LAN may take to answer: its last packet goes out after 700 ms, and old servers wake up slowly.
  std::chrono::steady_clock::duration lan_window = std::chrono::milliseconds(1400);
  /// What was heard this lately is taken for an answer, and the LAN is not asked…
  std::chrono::steady_clock::duration fresh = std::chrono::seconds(10);
  /// …unless it is of no use: that shows by a failed dial, or by the search still being there after this long.
  std::chrono::steady_clock::duration fresh_head_start = std::chrono::milliseconds(250);
  /// How long a DHT may take: a node that has just started needs several seconds to find its place.
  std::chrono::steady_clock::duration dht_window = std::chrono::seconds(15);
};

/// A way into the DHT.
struct DhtSource {
  Source source = Source::dht;  ///< or dht_proxy, which is told from others by its name()
  dht::Dht* dht = nullptr;
};

/// Refers to `lan`, `store`, the `dhts`, `clock` and `tasks`, which outlive it. It outlives its searches; coroutines
/// that end soon after a Search is gone (at the latest when the store has answered) are left to `tasks`, to be joined
/// before the rest goes.
class NetworkFinder final : public Finder {
 public:
  /// All of `dhts` are asked side by side. When one of them puts `clock` right, all are asked for what is under the
  /// days that this brings.
  NetworkFinder(Executor executor, lan::LanSearcher& lan, store::PeerStore& store, std::vector<DhtSource> dhts,
                dht::NetworkClock& clock, TaskGroup& tasks, FinderTimes times = {});
  NetworkFinder(const NetworkFinder&) = delete;
  NetworkFinder& operator=(const NetworkFinder&) = delete;
  ~NetworkFinder() override;

  /// What this machine publishes itself, and the TLS port it is at: the LAN does not tell us, as we do not hear our own
  /// words.
  void published_here(std::unordered_set<KeyHash> keys, std::uint16_t port);

  /// Where this machine's own P2P port can be reached, as far as is known: its addresses, and those outside. Nobody's
  /// word makes us dial ourselves.
  void set_own_endpoints(std::set<tcp::endpoint> endpoints);

  std::unique_ptr<Search> find(const KeyHash& key, CandidateSink& sink) override;
  void worked(const KeyHash& key, const Candidate& candidate, std::chrono::milliseconds round_trip) override;
  void failed(const KeyHash& key, const Candidate& candidate) override;
  void learned(const KeyHash& key, std::vector<HostPort> hosts) override;

 private:
  class State;
  class NetworkSearch;

  static awaitable<void> until_asked(std::shared_ptr<State> state);
  static awaitable<void> ask_lan(std::shared_ptr<State> state);
  static awaitable<void> ask_store(std::shared_ptr<State> state);
  void ask_dhts(const std::shared_ptr<State>& state);
  static awaitable<void> ask_dht(std::shared_ptr<State> state, std::size_t which, dht::DhtKey key);

  Executor executor_;
  lan::LanSearcher& lan_;
  store::PeerStore& store_;
  std::vector<DhtSource> dhts_;
  dht::NetworkClock& clock_;
  TaskGroup& tasks_;
  FinderTimes times_;
  std::unordered_set<KeyHash> own_keys_;
  std::uint16_t own_port_ = 0;
  std::set<tcp::endpoint> own_endpoints_;
  std::vector<std::weak_ptr<State>> searches_;
};

}  // namespace hardline::find
