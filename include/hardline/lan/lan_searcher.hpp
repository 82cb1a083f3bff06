// What a finder needs of LAN discovery.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "hardline/lan/lan_table.hpp"

namespace hardline::lan {

class LanSearcher {
 public:
  /// Asks the LAN for `key`. Calls no listener before it returns. Searches for one key are merged.
  virtual void search(const KeyHash& key) = 0;

  /// Sends the empty search: "who is there?". Once: datagrams get lost, so a list is asked for again anyway.
  virtual void search_all() = 0;

  /// What was heard within kHeardFor, newest first: for `key`, or for every service.
  virtual std::vector<HeardService> heard(const KeyHash& key) const = 0;
  virtual std::vector<HeardService> heard() const = 0;

  /// `endpoint` turned out not to be that service, or not to be there.
  virtual void forget(const KeyHash& key, const tcp::endpoint& endpoint) = 0;

  /// Calls `listener` on the io thread at every announcement heard, until the returned token is destroyed.
  using Listener = std::function<void(const HeardService&)>;
  [[nodiscard]] virtual std::shared_ptr<void> listen(Listener listener) = 0;

 protected:
  ~LanSearcher() = default;
};

}  // namespace hardline::lan
