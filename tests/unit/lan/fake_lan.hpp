// A LAN on which the test speaks.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "hardline/lan/lan_searcher.hpp"
#include "hardline/rt/clock.hpp"

namespace hardline::lan {

class FakeLan final : public LanSearcher {
 public:
  void search(const KeyHash& key) override {
    ++searches;
    searched.push_back(key);
  }

  void search_all() override {
    ++general_searches;
    if (when_searched) when_searched();
  }

  std::vector<HeardService> heard(const KeyHash& key) const override {
    auto services = known;
    std::erase_if(services, [&](const auto& service) { return service.name.key != key; });
    return services;
  }

  std::vector<HeardService> heard() const override { return known; }

  void forget(const KeyHash& key, const tcp::endpoint& endpoint) override { forgotten.emplace_back(key, endpoint); }

  std::shared_ptr<void> listen(Listener listener) override {
    auto token = std::make_shared<Listener>(std::move(listener));
    listeners.push_back(token);
    return token;
  }

  /// Tells the listeners.
  void announce(const KeyHash& key, const tcp::endpoint& endpoint) {
    for (const auto& weak : listeners)
      if (const auto listener = weak.lock()) (*listener)(HeardService{{std::nullopt, key}, "", endpoint, {}});
  }

  /// It was heard so long ago: longer than all that are known already.
  void knows(const KeyHash& key, const tcp::endpoint& endpoint, Clock::duration ago, const std::string& title = "") {
    known.push_back({{std::nullopt, key}, title, endpoint, Clock::now() - ago});
  }

  /// It is heard now, in place of the last time.
  void hears(const KeyHash& key, const tcp::endpoint& endpoint) {
    std::erase_if(known, [&](const auto& old) { return old.name.key == key && old.endpoint == endpoint; });
    known.insert(known.begin(), {{std::nullopt, key}, "", endpoint, Clock::now()});
    announce(key, endpoint);
  }

  /// As the unicast answer to a search for this service.
  void announce_with_password(const KeyHash& key, const tcp::endpoint& endpoint, const Password& password) {
    for (const auto& weak : listeners)
      if (const auto listener = weak.lock()) (*listener)(HeardService{{password, key}, "", endpoint, {}});
  }

  int searches = 0;
  std::vector<KeyHash> searched;
  int general_searches = 0;
  std::function<void()> when_searched;  ///< for everybody
  std::vector<HeardService> known;
  std::vector<std::pair<KeyHash, tcp::endpoint>> forgotten;
  std::vector<std::weak_ptr<Listener>> listeners;
};

}  // namespace hardline::lan
