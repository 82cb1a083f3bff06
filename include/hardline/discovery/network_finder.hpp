// The Finder that knows this machine's own services, and asks the LAN and the remembered addresses at the same time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_set>
#include <vector>

#include "hardline/discovery/finder.hpp"
#include "hardline/discovery/lan_searcher.hpp"
#include "hardline/rt/task_group.hpp"
#include "hardline/store/peer_store.hpp"

namespace hardline::discovery {

/// Candidates of one search, whatever became of them. Each costs a dial, and anybody on the LAN can send us some.
inline constexpr std::size_t kMaxCandidates = 64;
/// Of them, kept for remembered addresses, so that spoofed answers cannot crowd them out.
inline constexpr std::size_t kMaxRememberedCandidates = 8;
/// Of them, from one address on the LAN: a service is at one port of it, or has just moved to another. One neighbour
/// that names port after port then leaves room for all the others.
inline constexpr std::size_t kMaxLanCandidatesPerAddress = 2;

struct FinderTimes {
  /// How long the LAN may take to answer: its last packet goes out after 700 ms, and old servers wake up slowly.
  std::chrono::steady_clock::duration lan_window = std::chrono::milliseconds(1400);
  /// What was heard this lately is taken for an answer, and the LAN is not asked…
  std::chrono::steady_clock::duration fresh = std::chrono::seconds(10);
  /// …unless it is of no use: that shows by a failed dial, or by the search still being there after this long.
  std::chrono::steady_clock::duration fresh_head_start = std::chrono::milliseconds(250);
};

/// Refers to `lan`, `store` and `tasks`, which outlive it. It outlives its searches; coroutines that end soon after a
/// Search is gone (at the latest when the store has answered) are left to `tasks`, to be joined before the rest goes.
class NetworkFinder final : public Finder {
 public:
  NetworkFinder(Executor executor, LanSearcher& lan, store::PeerStore& store, TaskGroup& tasks, FinderTimes times = {});
  NetworkFinder(const NetworkFinder&) = delete;
  NetworkFinder& operator=(const NetworkFinder&) = delete;
  ~NetworkFinder() override;

  /// What this machine publishes itself, and the TLS port it is at: the LAN does not tell us, as we do not hear our own
  /// words.
  void published_here(std::unordered_set<KeyHash> keys, std::uint16_t port);

  std::unique_ptr<Search> find(const KeyHash& key, CandidateSink& sink) override;
  void worked(const KeyHash& key, const Candidate& candidate, std::chrono::milliseconds round_trip) override;
  void failed(const KeyHash& key, const Candidate& candidate) override;
  void learned(const KeyHash& key, std::vector<HostPort> hosts) override;

 private:
  class State;
  class NetworkSearch;

  static awaitable<void> ask_lan(std::shared_ptr<State> state);
  static awaitable<void> ask_store(std::shared_ptr<State> state);

  Executor executor_;
  LanSearcher& lan_;
  store::PeerStore& store_;
  TaskGroup& tasks_;
  FinderTimes times_;
  std::unordered_set<KeyHash> own_keys_;
  std::uint16_t own_port_ = 0;
  std::vector<std::weak_ptr<State>> searches_;
};

}  // namespace hardline::discovery
