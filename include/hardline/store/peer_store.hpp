// Remembered addresses: where services could be reached, learned from their own words inside a proven tunnel. What the
// VisitLog keeps is in the same file.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hardline/base/host_port.hpp"
#include "hardline/base/key_hash.hpp"
#include "hardline/rt/asio.hpp"
#include "hardline/store/remembered_address.hpp"
#include "hardline/store/visit.hpp"

namespace hardline::store {

/// A SQLite database (WAL, `PRAGMA user_version` for the schema, migrations) on a thread of its own. Losing it loses
/// convenience only, so nothing about it is fatal: a corrupt file is set aside as `NAME.corrupt-TIME` and a new one
/// begun (`NAME.newer-TIME` where a newer version wrote it), an unwritable place leaves the store working from memory,
/// a disk that fills up later costs what could not be written: each with one clear log line. Writes are queued and come
/// to no caller's harm.
class PeerStore {
 public:
  /// Opens `file` (peers.db in the state folder). Blocks; call before the io_context runs.
  explicit PeerStore(std::filesystem::path file);
  PeerStore(const PeerStore&) = delete;
  PeerStore& operator=(const PeerStore&) = delete;
  ~PeerStore();

  /// Best first: those that have worked since they last failed, by round trip; then those that were never tried, in the
  /// order of their service; then those that failed, the longest ago first. Empty on any error.
  awaitable<std::vector<RememberedAddress>> addresses(KeyHash key);

  /// The service's own list, best first, replaces what it said before, but for addresses that have worked since they
  /// last failed: several daemons may serve one certificate, each naming its own. An address that stays keeps its
  /// history. Only literal IP addresses are kept; a list without any says nothing and changes nothing.
  void learn(KeyHash key, std::vector<HostPort> hosts, std::chrono::system_clock::time_point now);
  /// An address that its service never named is remembered by this, too. The certificate was proven there.
  void worked(KeyHash key, HostPort address, std::chrono::system_clock::time_point now,
              std::chrono::milliseconds round_trip);
  /// Of an address that is remembered; others are passed over.
  void failed(KeyHash key, HostPort address, std::chrono::system_clock::time_point now);

  /// Takes over the addresses of an old program's database (~/.hardlinep2p/peers.db: table peers(serviceID, info),
  /// serviceID `password-keyhash`, info JSON with WANHosts). Once: what was taken over is noted. Blocks; before the
  /// io_context runs. The old file is only read.
  void take_over(const std::filesystem::path& old_database);

  /// For VisitLog. The first two block, before the io_context runs; empty on any error.
  Visits visits();
  std::vector<Shown> shown();
  void write_visits(Visits visits);
  void forget_visit(KeyHash key);
  void write_shown(Shown shown);
  void forget_shown(std::string label);

  /// Finishes the queued writes and closes; bounded by SQLite's own work. Blocks. The destructor does it too.
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hardline::store
