#include "hardline/store/peer_store.hpp"

#include <future>

#include "hardline/base/log.hpp"
#include "hardline/base/words.hpp"
#include "hardline/rt/offload.hpp"
#include "hardline/store/file.hpp"
#include "peer_database.hpp"

namespace hardline::store {
namespace fs = std::filesystem;
namespace {

/// A disk that is full stays so for a while, and every connection would write.
constexpr auto kErrorLogPeriod = std::chrono::hours(1);

std::string time_suffix(const char* reason) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return std::string(".") + reason + "-" + std::to_string(now.time_since_epoch().count());
}

/// Renames the database and what SQLite keeps beside it, which must not be taken for a new one's. Throws
/// std::system_error.
fs::path set_database_aside(const fs::path& file, const char* reason) {
  const auto aside = set_aside(file, time_suffix(reason));
  if (!aside) throw std::system_error(aside.error());
  for (const auto* companion : {"-wal", "-shm", "-journal"}) {
    const auto left = with_suffix(file, companion);
    std::error_code error;
    if (fs::exists(left, error)) fs::rename(left, with_suffix(*aside, companion));
  }
  return *aside;
}

PeerDatabase open_file(const fs::path& file) {
  std::string reason;
  try {
    std::error_code error;
    const auto type = fs::status(file, error).type();
    if (type == fs::file_type::regular || type == fs::file_type::not_found || type == fs::file_type::none)
      return PeerDatabase(file.string());
    reason = "it is not a file";
  } catch (const NewerSchema& e) {
    const auto aside = set_database_aside(file, "newer");
    log::warn("store: {} is from a newer hardlined ({}): kept as {}, starting over without remembered addresses",
              file.string(), e.what(), aside.filename().string());
    return PeerDatabase(file.string());
  } catch (const SqliteError& e) {
    if (e.is_of_the_place()) throw;
    reason = e.what();
  }
  const auto aside = set_database_aside(file, "corrupt");
  log::warn("store: {} cannot be read ({}): kept as {}, starting over without remembered addresses", file.string(),
            reason, aside.filename().string());
  return PeerDatabase(file.string());
}

PeerDatabase open_file_or_memory(const fs::path& file) {
  try {
    return open_file(file);
  } catch (const std::exception& e) {
    log::warn("store: cannot use {} ({}): addresses are only remembered until the daemon stops", file.string(),
              e.what());
    return PeerDatabase(":memory:");
  }
}

}  // namespace

/// Everything but `closed` belongs to the pool's one thread once the constructor is done.
struct PeerStore::Impl {
  explicit Impl(fs::path f) : file(std::move(f)) { database.emplace(open_file_or_memory(file)); }

  /// Does `use(database)`, and comes to no harm by what is wrong with the database or the machine: on the pool's thread
  /// whatever is not caught here ends the process.
  template <class Use>
  void attempt(Use use) {
    try {
      if (database) use_or_reopen(use);
    } catch (const std::exception& e) {
      if (const auto held_back = error_log.admit())
        log::warn("store: {}: {} ({} more since the last time); addresses may not be remembered", file.string(),
                  e.what(), *held_back);
    }
  }

  /// After damage: opening finds it, sets the file aside and says so. Where not even memory takes a database, there is
  /// none from then on.
  template <class Use>
  void use_or_reopen(Use& use) {
    try {
      use(*database);
    } catch (const SqliteError& e) {
      if (e.is_of_the_place()) throw;
      database.reset();
      database.emplace(open_file_or_memory(file));
    }
  }

  template <class Use>
  void post(Use use) {
    if (!closed) asio::post(pool, [this, use = std::move(use)] { attempt(use); });
  }

  /// The same, and waits until it was done or has failed. Not once closed.
  template <class Use>
  void do_and_wait(Use use) {
    std::promise<void> done;
    asio::post(pool, [this, &use, &done] {
      attempt(use);
      done.set_value();
    });
    done.get_future().wait();
  }

  fs::path file;
  std::optional<PeerDatabase> database;  ///< none once it could not be opened again, and once closed
  log::Limiter error_log{kErrorLogPeriod};
  bool closed = false;
  asio::thread_pool pool{1};
};

PeerStore::PeerStore(fs::path file) : impl_(std::make_unique<Impl>(std::move(file))) {}

PeerStore::~PeerStore() {
  close();
}

awaitable<std::vector<RememberedAddress>> PeerStore::addresses(KeyHash key) {
  if (impl_->closed) co_return std::vector<RememberedAddress>();
  auto job = [impl = impl_.get(), key] {
    std::vector<RememberedAddress> found;
    impl->attempt([&](PeerDatabase& database) { found = database.addresses(key); });
    return found;
  };
  auto found = co_await offload(impl_->pool, job);
  co_return found;
}

void PeerStore::learn(KeyHash key, std::vector<HostPort> hosts, std::chrono::system_clock::time_point now) {
  impl_->post([key, hosts = std::move(hosts), now](PeerDatabase& database) { database.learn(key, hosts, now); });
}

void PeerStore::worked(KeyHash key, HostPort address, std::chrono::system_clock::time_point now,
                       std::chrono::milliseconds round_trip) {
  impl_->post([key, address = std::move(address), now, round_trip](PeerDatabase& database) {
    database.worked(key, address, now, round_trip);
  });
}

void PeerStore::failed(KeyHash key, HostPort address, std::chrono::system_clock::time_point now) {
  impl_->post([key, address = std::move(address), now](PeerDatabase& database) { database.failed(key, address, now); });
}

void PeerStore::take_over(const fs::path& old_database) {
  const auto old = fs::absolute(old_database);
  std::error_code error;
  if (impl_->closed || !fs::exists(old, error)) return;
  impl_->do_and_wait([&](PeerDatabase& database) {
    if (database.has_taken_over(old)) return;
    std::vector<OldPeer> peers;
    try {
      peers = read_old_peers(old);
    } catch (const SqliteError& e) {
      log::warn("store: cannot import the addresses in {}: {}", old.string(), e.what());
      return;
    }
    database.take_over(old, peers, std::chrono::system_clock::now());
    log::info("store: imported the addresses of {} from {}", count_of(peers.size(), "service"), old.string());
  });
}

Visits PeerStore::visits() {
  Visits found;
  if (!impl_->closed) impl_->do_and_wait([&](PeerDatabase& database) { found = database.visits(); });
  return found;
}

std::vector<Shown> PeerStore::shown() {
  std::vector<Shown> found;
  if (!impl_->closed) impl_->do_and_wait([&](PeerDatabase& database) { found = database.shown(); });
  return found;
}

void PeerStore::write_visits(Visits visits) {
  impl_->post([visits = std::move(visits)](PeerDatabase& database) { database.write_visits(visits); });
}

void PeerStore::forget_visit(KeyHash key) {
  impl_->post([key](PeerDatabase& database) { database.forget_visit(key); });
}

void PeerStore::write_shown(Shown shown) {
  impl_->post([shown = std::move(shown)](PeerDatabase& database) { database.write_shown(shown); });
}

void PeerStore::forget_shown(std::string label) {
  impl_->post([label = std::move(label)](PeerDatabase& database) { database.forget_shown(label); });
}

void PeerStore::close() {
  impl_->closed = true;
  impl_->pool.join();
  impl_->database.reset();
}

}  // namespace hardline::store
