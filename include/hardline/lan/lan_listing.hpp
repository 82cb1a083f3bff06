// Who is on this network, as long as somebody looks: searches again and again, and notes who no longer answers. Each
// who is found is asked for once more by its own key, since a list is told no passwords
// (docs/protocol.md, "LAN discovery").
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hardline/base/key_hash.hpp"
#include "hardline/base/password.hpp"
#include "hardline/lan/lan_searcher.hpp"
#include "hardline/rt/event.hpp"
#include "hardline/rt/task_group.hpp"

namespace hardline::lan {

/// A service that was heard on the LAN.
struct Neighbour {
  KeyHash key;
  std::string title = {};                    ///< hostile text, from the newest announcement
  std::vector<tcp::endpoint> machines = {};  ///< newest first, one for each address
  std::chrono::milliseconds heard_ago{0};
  std::optional<Password> password = {};  ///< where its machine tells it to who asks for this service by its key
};

struct LanListingTimes {
  /// While somebody looks, this often a general search goes out…
  std::chrono::steady_clock::duration search_every = std::chrono::seconds(5);
  /// …and whoever was not heard for this long is gone. The last three searches were not answered then.
  std::chrono::steady_clock::duration gone_after = std::chrono::seconds(16);
  /// A search that was not answered by then will not be.
  std::chrono::steady_clock::duration answer_within = std::chrono::seconds(1);
  /// However many begin to look, no two searches are closer together.
  std::chrono::steady_clock::duration search_pause = std::chrono::seconds(1);
  /// Nor two notifications of what was heard, since neighbours may talk as much as they like.
  std::chrono::steady_clock::duration news_pause = std::chrono::milliseconds(200);
};

/// io thread only.
class LanListing {
 public:
  /// Services that are asked for their passwords after each general search. One neighbour can claim any number of
  /// services, and Lan has room for few searches at a time. Somebody who opens a service needs some of that room.
  static constexpr std::size_t kKeysAsked = 16;

  /// `lan` and `tasks` outlive it.
  LanListing(Executor executor, LanSearcher& lan, TaskGroup& tasks, LanListingTimes times = {});
  LanListing(const LanListing&) = delete;
  LanListing& operator=(const LanListing&) = delete;
  ~LanListing();

  /// Somebody looks until the token is destroyed. Searches at once (or after search_pause), then every search_every.
  [[nodiscard]] std::shared_ptr<void> look();
  /// Somebody looks for a moment: searches, and waits for the answers to that.
  void glance();

  /// Sorted by title, then key. While nobody looks, nobody is asked, and this is whoever was heard within kHeardFor.
  std::vector<Neighbour> neighbours() const;

  /// Notified, while somebody looks, when somebody was heard, again or for the first time, or is gone.
  Event& changed();

  /// Ends the searches, for good; changed() is notified of that.
  void close();
  bool is_closed() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace hardline::lan
