// Every way into the DHT that this daemon was told of: a node of its own, and other people's proxies.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "hardline/daemon/settings.hpp"
#include "hardline/dht/dht_node.hpp"
#include "hardline/dht/dht_proxy.hpp"
#include "hardline/find/network_finder.hpp"

namespace hardline::daemon {

class DhtWays {
 public:
  /// `resolver` and `clock` outlive it. None where `settings` turn the DHT off, and no node in a build without OpenDHT.
  DhtWays(Executor executor, Resolver& resolver, dht::NetworkClock& clock, const Settings& settings) {
    if (!settings.dht) return;
    if (dht::has_dht_node()) {
      auto options = settings.dht_node;
      options.nodes_file = settings.state_directory / "dht-nodes";
      node_.emplace(executor, resolver, std::move(options));
    }
    for (const auto& url : settings.dht_proxies)
      proxies_.push_back(std::make_unique<dht::DhtProxy>(executor, resolver, clock, url));
  }

  dht::DhtNode* node() { return node_ ? &*node_ : nullptr; }

  /// Best first.
  std::vector<dht::DhtProxy*> proxies() {
    std::vector<dht::DhtProxy*> all;
    for (const auto& proxy : proxies_) all.push_back(proxy.get());
    return all;
  }

  std::vector<find::DhtSource> sources() {
    std::vector<find::DhtSource> all;
    if (node_) all.push_back({find::Source::dht, &*node_});
    for (const auto& proxy : proxies_) all.push_back({find::Source::dht_proxy, proxy.get()});
    return all;
  }

 private:
  std::optional<dht::DhtNode> node_;
  std::vector<std::unique_ptr<dht::DhtProxy>> proxies_;
};

}  // namespace hardline::daemon
