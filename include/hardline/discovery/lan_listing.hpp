// Who is on this network, as long as somebody looks: searches again and again, and notes who no longer answers.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "hardline/base/key_hash.hpp"
#include "hardline/discovery/lan_searcher.hpp"
#include "hardline/rt/event.hpp"
#include "hardline/rt/task_group.hpp"

namespace hardline::discovery {

/// A service that was heard on the LAN.
struct Neighbour {
  KeyHash key;
  std::string title;                    ///< hostile text; of the newest announcement
  std::vector<tcp::endpoint> machines;  ///< newest first, of each address one
  std::chrono::milliseconds heard_ago{0};
};

/// io thread only.
class LanListing {
 public:
  /// While somebody looks, this often a general search goes out…
  static constexpr auto kSearchEvery = std::chrono::seconds(5);
  /// …and who has not been heard for this long, and not answered the last three of them, is gone.
  static constexpr auto kGoneAfter = std::chrono::seconds(16);

  /// `lan` and `tasks` outlive it.
  LanListing(Executor executor, LanSearcher& lan, TaskGroup& tasks);
  LanListing(const LanListing&) = delete;
  LanListing& operator=(const LanListing&) = delete;
  ~LanListing();

  /// Somebody looks, until the token is destroyed: searches at once (but at most once in a second, however many come
  /// and go), then every kSearchEvery.
  [[nodiscard]] std::shared_ptr<void> look();

  /// Sorted by title, then key. While nobody looks: who was heard lately (kHeardFor).
  std::vector<Neighbour> neighbours() const;

  /// Notified when the list may have changed.
  Event& changed();

  /// Ends the searches, for good.
  void close();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace hardline::discovery
