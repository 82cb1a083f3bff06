// The sessions that are open, so that a shutdown can let them finish, a removed service can end its own, and those on a
// dead path are found.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <unordered_set>

#include "hardline/rt/asio.hpp"

namespace hardline {

class SessionRegistry;

/// One open session; it registers itself for as long as it lives.
class Session {
 public:
  explicit Session(SessionRegistry& registry);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session();

  /// Octets moved so far: a session that moves none is idle.
  virtual std::uint64_t progress() const = 0;
  virtual void close_session() = 0;
  /// There is reason to doubt its path, as when the network has changed or this machine slept: ends within seconds if a
  /// path it needs is gone.
  virtual void check_path() {}

 private:
  friend class SessionRegistry;
  SessionRegistry& registry_;
  std::uint64_t progress_at_last_look_ = 0;
};

class SessionRegistry {
 public:
  /// A session that has moved nothing for this long has nothing to finish.
  static constexpr auto kIdle = std::chrono::seconds(1);

  std::size_t size() const { return sessions_.size(); }
  void for_each(const std::function<void(const Session&)>& look) const;

  void close_if(const std::function<bool(const Session&)>& condition);
  void close_all() {
    close_if([](const Session&) { return true; });
  }

  /// Has sessions look whether their paths still stand (Session::check_path()).
  void check_paths_if(const std::function<bool(const Session&)>& condition);
  void check_paths() {
    check_paths_if([](const Session&) { return true; });
  }

  /// Closes idle sessions and lets busy ones go on for at most `grace`. Returns when every session was asked to close.
  awaitable<void> finish(std::chrono::steady_clock::duration grace);

 private:
  friend class Session;
  std::unordered_set<Session*> sessions_;
};

}  // namespace hardline
