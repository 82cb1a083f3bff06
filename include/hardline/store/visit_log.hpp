// How opening each service went the last time, and which service browsers last saw under each petname.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "hardline/base/key_hash.hpp"
#include "hardline/store/peer_store.hpp"

namespace hardline::store {

struct Visit {
  using Time = std::chrono::system_clock::time_point;

  std::optional<Time> reached;  ///< when it last was
  std::string path;             ///< how then: "lan", "remembered", "dht", "dht_proxy" or "this_machine"
  std::optional<Time> missed;   ///< when it was looked for in vain, if that is later
  std::string problem;          ///< why, for a person; hostile text may be in it

  friend bool operator==(const Visit&, const Visit&) = default;
};

/// In memory, and written behind (a connection a millisecond makes no write a millisecond) to the tables `visit` and
/// `shown` of peers.db: losing the last of it does no harm. io thread only.
class VisitLog {
 public:
  using Time = Visit::Time;
  /// A service that was reached in the same way again is written down this seldom.
  static constexpr auto kWriteEvery = std::chrono::minutes(1);

  /// Reads what is there; blocks. `store` outlives it.
  explicit VisitLog(PeerStore& store);
  VisitLog(const VisitLog&) = delete;
  VisitLog& operator=(const VisitLog&) = delete;
  ~VisitLog();

  void reached(const KeyHash& key, std::string_view path, Time now);
  void missed(const KeyHash& key, std::string_view problem, Time now);

  /// Null for one that nobody has tried to open.
  const Visit* visit(const KeyHash& key) const;

  /// The service that a browser was last shown under this label; nullopt: none yet, so that it holds nothing of
  /// another's (cookies, storage, cache).
  std::optional<KeyHash> shown(std::string_view label) const;
  void show(std::string_view label, const KeyHash& key);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hardline::store
