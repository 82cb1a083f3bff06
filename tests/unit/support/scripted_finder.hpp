// A finder that knows what its test tells it, and remembers what it was told.
#pragma once

#include <algorithm>
#include <vector>

#include "hardline/find/finder.hpp"

namespace hardline::support {

class ScriptedFinder final : public find::Finder {
 public:
  explicit ScriptedFinder(Executor executor) : executor_(executor) {}

  std::vector<find::Candidate> candidates;  ///< what every search finds
  bool goes_on_looking = false;             ///< a search never says that no more will come

  std::vector<find::SourceReport> reports;  ///< what every search says of its sources

  int searches = 0;
  std::vector<tcp::endpoint> worked_at;
  std::vector<tcp::endpoint> failed_at;
  std::vector<std::chrono::milliseconds> round_trips;  ///< of worked_at
  std::vector<HostPort> learned_hosts;

  void add(const tcp::endpoint& endpoint) { candidates.push_back({endpoint, find::Source::lan}); }

  std::unique_ptr<find::Search> find(const KeyHash&, find::CandidateSink& sink) override {
    ++searches;
    auto search = std::make_unique<Found>();
    search->reports = reports;
    std::erase_if(running_, [](const auto& running) { return running.alive.expired(); });
    running_.push_back({&sink, search->alive});
    asio::post(executor_, [this, &sink, alive = std::weak_ptr(search->alive)] {
      for (const auto& candidate : candidates)
        if (!alive.expired()) sink.found(candidate);
      if (!alive.expired() && !goes_on_looking) sink.exhausted();
    });
    return search;
  }

  /// Every search that runs finds one more.
  void bring(const find::Candidate& candidate) {
    for (const auto& [sink, alive] : std::vector(running_))
      if (!alive.expired()) sink->found(candidate);
  }
  /// Searches that were not ended yet.
  std::size_t searching() const {
    return static_cast<std::size_t>(
        std::count_if(running_.begin(), running_.end(), [](const auto& running) { return !running.alive.expired(); }));
  }

  void worked(const KeyHash&, const find::Candidate& candidate, std::chrono::milliseconds round_trip) override {
    worked_at.push_back(candidate.endpoint);
    round_trips.push_back(round_trip);
  }
  void failed(const KeyHash&, const find::Candidate& candidate) override { failed_at.push_back(candidate.endpoint); }
  void learned(const KeyHash&, std::vector<HostPort> hosts) override { learned_hosts = std::move(hosts); }

 private:
  struct Found final : find::Search {
    std::vector<find::SourceReport> sources() const override { return reports; }
    std::vector<find::SourceReport> reports;
    std::shared_ptr<int> alive = std::make_shared<int>();
  };
  struct Running {
    find::CandidateSink* sink;
    std::weak_ptr<int> alive;
  };

  Executor executor_;
  std::vector<Running> running_;
};

}  // namespace hardline::support
