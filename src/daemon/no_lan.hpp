// In the place of LAN discovery where that is switched off.
#pragma once

#include "hardline/discovery/lan_searcher.hpp"

namespace hardline::app {

class NoLan final : public discovery::LanSearcher {
 public:
  void search(const KeyHash&) override {}
  void search_all() override {}
  std::vector<discovery::HeardService> heard(const KeyHash&) const override { return {}; }
  std::vector<discovery::HeardService> heard() const override { return {}; }
  void forget(const KeyHash&, const tcp::endpoint&) override {}
  std::shared_ptr<void> listen(Listener) override { return nullptr; }
};

}  // namespace hardline::app
