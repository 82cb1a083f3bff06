#include "peer_database.hpp"

#include <algorithm>
#include <array>

#include "hardline/base/ip_address.hpp"

namespace hardline::store {
namespace {

using std::chrono::seconds;
using Time = PeerDatabase::Time;

/// What brings a database of version N (PRAGMA user_version) to N + 1. Never change one that was released. Times are
/// Unix seconds; `rank` counts from 0 in the order the service gave, and is NULL for what it does not name (any more).
/// `works` says how the last attempt ended, 1 or 0, as two of them may fall into one second; NULL if there was none.
/// `round_trip` is in milliseconds; `number` grows with each row of `shown` that is written.
constexpr std::array kMigrations{
    "CREATE TABLE address ("
    "  key BLOB NOT NULL, host TEXT NOT NULL, port INTEGER NOT NULL,"
    "  rank INTEGER, learned INTEGER NOT NULL, last_worked INTEGER, last_failed INTEGER,"
    "  PRIMARY KEY (key, host, port)) WITHOUT ROWID;"
    "CREATE TABLE taken_over (file TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;",

    "ALTER TABLE address ADD COLUMN works INTEGER;"
    "ALTER TABLE address ADD COLUMN round_trip INTEGER;"
    "UPDATE address SET works = ifnull(last_worked, 0) >= ifnull(last_failed, 0)"
    "  WHERE last_worked IS NOT NULL OR last_failed IS NOT NULL;",

    "CREATE TABLE visit ("
    "  key BLOB PRIMARY KEY, reached INTEGER, path TEXT NOT NULL, missed INTEGER, problem TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE shown (label TEXT PRIMARY KEY, key BLOB NOT NULL, number INTEGER NOT NULL) WITHOUT ROWID;",
};

/// Best first: what works, the nearest one in front; then what was never tried, as its service ranks it; then what
/// failed, beginning with what has had the longest time to come back.
constexpr std::string_view kBestFirst =
    "ORDER BY CASE works WHEN 1 THEN 0 WHEN 0 THEN 2 ELSE 1 END,"
    "  CASE works WHEN 1 THEN ifnull(round_trip, 9e9) WHEN 0 THEN last_failed ELSE ifnull(rank, 9e9) END,"
    "  last_worked DESC, ifnull(rank, 9e9)";

std::int64_t to_unix(Time time) {
  return std::chrono::floor<seconds>(time.time_since_epoch()).count();
}
Time from_unix(std::int64_t time) {
  return Time(seconds(time));
}

std::optional<Time> time_or_none(Query& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional(from_unix(row.integer(column)));
}

/// nullopt where another program's hand has put something else there.
std::optional<KeyHash> key_hash(std::string_view blob) {
  Hash160Bytes bytes;
  if (blob.size() != bytes.size()) return std::nullopt;
  std::copy(blob.begin(), blob.end(), bytes.begin());
  return KeyHash(bytes);
}

/// The address in the one form it is stored in. Lists come from strangers: what is no literal address of a single
/// machine is not looked up, and so not kept.
std::optional<HostPort> literal(const HostPort& host) {
  const auto address = IpAddress::parse(host.host);
  const bool single = address && address->scope.empty() && !address->is_unspecified() && !address->is_multicast();
  if (!single || host.port == 0) return std::nullopt;
  return HostPort{address->to_string(), host.port};
}

void migrate(Database& database) {
  auto version_query = database.query("PRAGMA user_version");
  version_query.next();
  const auto version = version_query.integer(0);
  const auto newest = static_cast<std::int64_t>(kMigrations.size());
  if (version > newest) throw NewerSchema(version);
  for (auto next = std::max<std::int64_t>(version, 0); next < newest; ++next) {
    Transaction transaction(database);
    database.script(kMigrations[static_cast<std::size_t>(next)]);
    database.run("PRAGMA user_version = " + std::to_string(next + 1));
    transaction.commit();
  }
}

/// A file may be damaged where nothing has looked yet, or hold other tables than it says.
void check(Database& database) {
  auto check = database.query("PRAGMA quick_check(1)");
  if (!check.next() || check.bytes(0) != "ok") throw SqliteError(SQLITE_CORRUPT, "the file is damaged");
  database.query("SELECT key, host, port, rank, learned, last_worked, last_failed, works, round_trip FROM address");
  database.query("SELECT file, at FROM taken_over");
  database.query("SELECT key, reached, path, missed, problem FROM visit");
  database.query("SELECT label, key, number FROM shown");
}

}  // namespace

NewerSchema::NewerSchema(std::int64_t version)
    : std::runtime_error("version " + std::to_string(version) + " is newer than this program's " +
                         std::to_string(kMigrations.size())) {}

PeerDatabase::PeerDatabase(const std::string& file) : database_(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) {
  migrate(database_);
  if (database_.is_read_only()) throw SqliteError(SQLITE_READONLY, "the file cannot be written");
  // In WAL mode NORMAL may lose the last writes to a power cut, never the file.
  database_.script("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
  check(database_);
}

std::vector<RememberedAddress> PeerDatabase::addresses(const KeyHash& key) {
  static const auto sql =
      "SELECT host, port, learned, last_worked, last_failed, round_trip, rank FROM address WHERE key = ?1 " +
      std::string(kBestFirst);
  auto rows = database_.query(sql, key.bytes());
  std::vector<RememberedAddress> found;
  while (rows.next()) {
    auto& known = found.emplace_back();
    known.address = {std::string(rows.bytes(0)), static_cast<std::uint16_t>(rows.integer(1))};
    known.learned = from_unix(rows.integer(2));
    known.last_worked = time_or_none(rows, 3);
    known.last_failed = time_or_none(rows, 4);
    if (!rows.is_null(5)) known.round_trip = std::chrono::milliseconds(rows.integer(5));
    known.named_by_service = !rows.is_null(6);
  }
  return found;
}

void PeerDatabase::learn(const KeyHash& key, const std::vector<HostPort>& hosts, Time now) {
  Transaction transaction(database_);
  replace_addresses(key, hosts, now);
  database_.run(
      "DELETE FROM address WHERE key IN "
      "(SELECT key FROM address GROUP BY key HAVING max(max(learned, ifnull(last_worked, 0))) < ?1)",
      to_unix(now - kForgetAfter));
  transaction.commit();
}

void PeerDatabase::replace_addresses(const KeyHash& key, const std::vector<HostPort>& hosts, Time now) {
  std::vector<HostPort> kept;
  for (const auto& host : hosts) {
    auto address = literal(host);
    if (address && std::find(kept.begin(), kept.end(), *address) == kept.end()) kept.push_back(*std::move(address));
    if (kept.size() == kMaxAddressesPerService) break;
  }
  if (kept.empty()) return;

  constexpr std::int64_t kNoLonger = -1;
  database_.run("UPDATE address SET rank = ?2 WHERE key = ?1 AND rank IS NOT NULL", key.bytes(), kNoLonger);
  std::int64_t rank = 0;
  for (const auto& [host, port] : kept)
    database_.run(
        "INSERT INTO address (key, host, port, rank, learned) VALUES (?1, ?2, ?3, ?4, ?5) "
        "ON CONFLICT DO UPDATE SET rank = excluded.rank, learned = excluded.learned",
        key.bytes(), host, port, rank++, to_unix(now));
  // What still works stays: several daemons may serve one certificate, and each names its own addresses.
  database_.run("DELETE FROM address WHERE key = ?1 AND rank = ?2 AND works IS NOT 1", key.bytes(), kNoLonger);
  database_.run("UPDATE address SET rank = NULL WHERE key = ?1 AND rank = ?2", key.bytes(), kNoLonger);
  database_.run("DELETE FROM address WHERE key = ?1 AND rank IS NULL AND works = 0 AND ifnull(last_worked, 0) < ?2",
                key.bytes(), to_unix(now - kKeepUnnamedFor));
  prune(key);
}

void PeerDatabase::prune(const KeyHash& key) {
  static const auto sql =
      "DELETE FROM address WHERE key = ?1 AND (host, port) IN (SELECT host, port FROM address WHERE key = ?1 " +
      std::string(kBestFirst) + " LIMIT -1 OFFSET ?2)";
  database_.run(sql, key.bytes(), static_cast<std::int64_t>(kMaxAddressesPerService));
}

void PeerDatabase::worked(const KeyHash& key, const HostPort& address, Time now, std::chrono::milliseconds round_trip) {
  const auto known = literal(address);
  if (!known) return;
  Transaction transaction(database_);
  database_.run(
      "INSERT INTO address (key, host, port, learned, last_worked, works, round_trip) VALUES (?1, ?2, ?3, ?4, ?4, 1, "
      "?5) "
      "ON CONFLICT DO UPDATE SET last_worked = excluded.last_worked, works = 1, round_trip = excluded.round_trip",
      key.bytes(), known->host, known->port, to_unix(now), static_cast<std::int64_t>(round_trip.count()));
  prune(key);
  transaction.commit();
}

void PeerDatabase::failed(const KeyHash& key, const HostPort& address, Time now) {
  if (const auto known = literal(address))
    database_.run("UPDATE address SET last_failed = ?4, works = 0 WHERE key = ?1 AND host = ?2 AND port = ?3",
                  key.bytes(), known->host, known->port, to_unix(now));
}

bool PeerDatabase::has_taken_over(const std::filesystem::path& old_database) {
  return database_.query("SELECT 1 FROM taken_over WHERE file = ?1", old_database.string()).next();
}

void PeerDatabase::take_over(const std::filesystem::path& old_database, const std::vector<OldPeer>& peers, Time now) {
  Transaction transaction(database_);
  for (const auto& peer : peers)
    if (addresses(peer.key).empty()) replace_addresses(peer.key, peer.hosts, now);
  database_.run("INSERT OR IGNORE INTO taken_over VALUES (?1, ?2)", old_database.string(), to_unix(now));
  transaction.commit();
}

Visits PeerDatabase::visits() {
  auto rows = database_.query("SELECT key, reached, path, missed, problem FROM visit");
  Visits found;
  while (rows.next())
    if (const auto key = key_hash(rows.bytes(0)))
      found.emplace_back(*key, Visit{time_or_none(rows, 1), std::string(rows.bytes(2)), time_or_none(rows, 3),
                                     std::string(rows.bytes(4))});
  return found;
}

void PeerDatabase::write_visits(const Visits& visits) {
  const auto number_or_null = [](const std::optional<Time>& time) {
    return time ? std::optional(to_unix(*time)) : std::nullopt;
  };
  Transaction transaction(database_);
  for (const auto& [key, visit] : visits)
    database_.run("INSERT OR REPLACE INTO visit (key, reached, path, missed, problem) VALUES (?1, ?2, ?3, ?4, ?5)",
                  key.bytes(), number_or_null(visit.reached), visit.path, number_or_null(visit.missed), visit.problem);
  transaction.commit();
}

void PeerDatabase::forget_visit(const KeyHash& key) {
  database_.run("DELETE FROM visit WHERE key = ?1", key.bytes());
}

std::vector<Shown> PeerDatabase::shown() {
  auto rows = database_.query("SELECT label, key, number FROM shown ORDER BY number");
  std::vector<Shown> found;
  while (rows.next())
    if (const auto key = key_hash(rows.bytes(1))) found.push_back({std::string(rows.bytes(0)), *key, rows.integer(2)});
  return found;
}

void PeerDatabase::write_shown(const Shown& shown) {
  database_.run("INSERT OR REPLACE INTO shown (label, key, number) VALUES (?1, ?2, ?3)", shown.label, shown.key.bytes(),
                shown.number);
}

void PeerDatabase::forget_shown(const std::string& label) {
  database_.run("DELETE FROM shown WHERE label = ?1", label);
}

}  // namespace hardline::store
