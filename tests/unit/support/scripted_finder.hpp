// A finder that knows what its test tells it, and remembers what it was told.
#pragma once

#include <vector>

#include "hardline/discovery/finder.hpp"

namespace hardline::support {

class ScriptedFinder final : public discovery::Finder {
 public:
  explicit ScriptedFinder(Executor executor) : executor_(executor) {}

  std::vector<discovery::Candidate> candidates;  ///< what every search finds
  bool goes_on_looking = false;                  ///< a search never says that no more will come

  int searches = 0;
  std::vector<tcp::endpoint> worked_at;
  std::vector<tcp::endpoint> failed_at;
  std::vector<HostPort> learned_hosts;

  void add(const tcp::endpoint& endpoint) { candidates.push_back({endpoint, discovery::Source::lan}); }

  std::unique_ptr<discovery::Search> find(const KeyHash&, discovery::CandidateSink& sink) override {
    ++searches;
    auto search = std::make_unique<Found>();
    asio::post(executor_, [this, &sink, alive = std::weak_ptr(search->alive)] {
      for (const auto& candidate : candidates)
        if (!alive.expired()) sink.found(candidate);
      if (!alive.expired() && !goes_on_looking) sink.exhausted();
    });
    return search;
  }

  void worked(const KeyHash&, const discovery::Candidate& candidate, std::chrono::milliseconds) override {
    worked_at.push_back(candidate.endpoint);
  }
  void failed(const KeyHash&, const discovery::Candidate& candidate) override {
    failed_at.push_back(candidate.endpoint);
  }
  void learned(const KeyHash&, std::vector<HostPort> hosts) override { learned_hosts = std::move(hosts); }

 private:
  struct Found final : discovery::Search {
    std::vector<discovery::SourceReport> sources() const override { return {}; }
    std::shared_ptr<int> alive = std::make_shared<int>();
  };

  Executor executor_;
};

}  // namespace hardline::support
