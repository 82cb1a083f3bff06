// The tables behind PeerStore. Blocks, throws, and belongs to one thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "hardline/base/host_port.hpp"
#include "hardline/base/key_hash.hpp"
#include "hardline/store/remembered_address.hpp"
#include "hardline/store/visit.hpp"
#include "old_peers.hpp"
#include "sqlite.hpp"

namespace hardline::store {

/// A service that was neither reached nor spoke of itself for so long is forgotten, and how opening one went, too.
inline constexpr auto kForgetAfter = std::chrono::days(180);

/// An address that its service does not name and that has failed is kept for so long after it last worked: a second
/// daemon behind the same certificate may come back there, while a stale address is in the end somebody else's, who
/// would be shown the KEYHASH at every search.
inline constexpr auto kKeepUnnamedFor = std::chrono::days(7);

/// The file was written by a version of the daemon that is newer than this one.
struct NewerSchema : std::runtime_error {
  explicit NewerSchema(std::int64_t version);
};

class PeerDatabase {
 public:
  using Time = std::chrono::system_clock::time_point;

  /// Opens, checks and, where it is missing or older, makes or migrates the file; `:memory:` for none. Throws
  /// SqliteError and NewerSchema.
  explicit PeerDatabase(const std::string& file);

  std::vector<RememberedAddress> addresses(const KeyHash& key);
  void learn(const KeyHash& key, const std::vector<HostPort>& hosts, Time now);
  void worked(const KeyHash& key, const HostPort& address, Time now, std::chrono::milliseconds round_trip);
  void failed(const KeyHash& key, const HostPort& address, Time now);

  bool has_taken_over(const std::filesystem::path& old_database);
  /// Notes it, and learns of those services of which nothing is known yet.
  void take_over(const std::filesystem::path& old_database, const std::vector<OldPeer>& peers, Time now);

  Visits visits();
  void write_visits(const Visits& visits);
  void forget_visit(const KeyHash& key);

  std::vector<Shown> shown();  ///< by number
  void write_shown(const Shown& shown);
  void forget_shown(const std::string& label);

 private:
  void replace_addresses(const KeyHash& key, const std::vector<HostPort>& hosts, Time now);
  /// Drops the worst of more than kMaxAddressesPerService.
  void prune(const KeyHash& key);

  Database database_;
};

}  // namespace hardline::store
