// In the place of LAN discovery where that is switched off.
#pragma once

#include "hardline/lan/lan_searcher.hpp"

namespace hardline::daemon {

class NoLan final : public lan::LanSearcher {
 public:
  void search(const KeyHash&) override {}
  void search_all() override {}
  std::vector<lan::HeardService> heard(const KeyHash&) const override { return {}; }
  std::vector<lan::HeardService> heard() const override { return {}; }
  void forget(const KeyHash&, const tcp::endpoint&) override {}
  std::shared_ptr<void> listen(Listener) override { return nullptr; }
};

}  // namespace hardline::daemon
