// Every way into the DHT that this daemon was told of: a node of its own, and other people's proxies.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "hardline/discovery/dht_node.hpp"
#include "hardline/discovery/dht_proxy.hpp"
#include "hardline/discovery/network_finder.hpp"
#include "settings.hpp"

namespace hardline::app {

class DhtWays {
 public:
  /// `resolver` and `clock` outlive it. None where `settings` turn the DHT off.
  DhtWays(Executor executor, Resolver& resolver, discovery::NetworkClock& clock, const Settings& settings) {
    if (!settings.dht) return;
    auto options = settings.dht_node;
    options.nodes_file = settings.state_directory / "dht-nodes";
    node_.emplace(executor, resolver, std::move(options));
    for (const auto& url : settings.dht_proxies)
      proxies_.push_back(std::make_unique<discovery::DhtProxy>(executor, resolver, clock, url));
  }

  discovery::DhtNode* node() { return node_ ? &*node_ : nullptr; }

  /// Best first.
  std::vector<discovery::DhtProxy*> proxies() {
    std::vector<discovery::DhtProxy*> all;
    for (const auto& proxy : proxies_) all.push_back(proxy.get());
    return all;
  }

  std::vector<discovery::DhtSource> sources() {
    std::vector<discovery::DhtSource> all;
    if (node_) all.push_back({discovery::Source::dht, &*node_});
    for (const auto& proxy : proxies_) all.push_back({discovery::Source::dht_proxy, proxy.get()});
    return all;
  }

 private:
  std::optional<discovery::DhtNode> node_;
  std::vector<std::unique_ptr<discovery::DhtProxy>> proxies_;
};

}  // namespace hardline::app
