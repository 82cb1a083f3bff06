// How opening each service went the last time, and which service each browser last saw under each petname.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

#include "hardline/base/key_hash.hpp"
#include "hardline/store/peer_store.hpp"
#include "hardline/store/visit.hpp"

namespace hardline::store {

/// It is kept in memory, so that asking never waits for the disk, and written later to the tables `visit` and `shown`
/// of peers.db. Losing the last of it does no harm. io thread only.
class VisitLog {
 public:
  using Time = Visit::Time;
  /// How seldom it is written down that a service was reached in the same way again, or missed once more. So a
  /// connection each millisecond makes no write each millisecond. A service that was never reached is written by
  /// flush() alone, as a page full of invented names makes many of them.
  static constexpr auto kWriteEvery = std::chrono::minutes(1);
  /// Most services, and most labels with their keepers. The oldest go first. Services that were never reached go before
  /// all others.
  static constexpr std::size_t kMaxVisits = 4096;
  static constexpr std::size_t kMaxShown = 4096;
  /// Most keepers of one label. So a program that invents browsers drives out no other label's.
  static constexpr std::size_t kMaxKeepers = 16;
  /// Longest problem kept, in octets.
  static constexpr std::size_t kMaxProblem = 200;

  /// Reads what is there and is not older than kForgetAfter; blocks. `store` outlives this, and is closed after this
  /// was flushed.
  explicit VisitLog(PeerStore& store, Time now = std::chrono::system_clock::now());
  VisitLog(const VisitLog&) = delete;
  VisitLog& operator=(const VisitLog&) = delete;
  ~VisitLog();  ///< flushes

  void reached(const KeyHash& key, std::string_view path, Time now);
  void missed(const KeyHash& key, std::string_view problem, Time now);

  /// Null for one that nobody has tried to open. Good until the next call of reached() or missed().
  const Visit* visit(const KeyHash& key) const;

  /// Whether this keeper may hold data (cookies, storage, cache) of another service than `key` under the label: that
  /// was what it was shown last, there or, as cookies go by no port, at another port since. A browser that is not known
  /// may hold what was shown last to any.
  bool may_hold_another(std::string_view label, const Keeper& keeper, const KeyHash& key) const;
  /// The keeper is shown this service now, and holds no data of another.
  void show(std::string_view label, const Keeper& keeper, const KeyHash& key);

  /// Hands what is not written yet to the store: before PeerStore::close(), after which nothing is.
  void flush();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hardline::store
