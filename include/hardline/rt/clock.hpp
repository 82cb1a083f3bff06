// The steady clock of the whole program and the one timer that waits for it. Tests put a time of their own in its
// place, which stands still until they move it.
#pragma once

#include <atomic>
#include <chrono>

#include "hardline/rt/asio.hpp"

namespace hardline {

class Timer;

/// A chrono clock whose time points are those of std::chrono::steady_clock. Any thread may read it.
class Clock {
 public:
  using duration = std::chrono::steady_clock::duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr bool is_steady = true;

  static time_point now();

  /// A time other than the machine's. Timers that are set while it is in place wait for it alone.
  class Source {
   public:
    virtual ~Source() = default;
    /// Called by any thread.
    virtual time_point now() const = 0;
    /// `timer` is to be woken, by Timer::wake(), when now() has reached `deadline`. It had no other deadline.
    virtual void add(Timer& timer, time_point deadline) = 0;
    /// `timer` is to be woken no more.
    virtual void remove(Timer& timer) = 0;
  };
  /// Puts `source` in place; null is the machine's time. Returns what was there. Whoever calls it owns both, and keeps
  /// a source until no Timer that was set meanwhile is left.
  static Source* replace(Source* source);

  /// A pool works for a coroutine of an io thread. A time that jumps when nothing is left to do must not jump now.
  class Elsewhere {
   public:
    Elsewhere() { ++count_; }
    ~Elsewhere() { --count_; }
    Elsewhere(const Elsewhere&) = delete;
    Elsewhere& operator=(const Elsewhere&) = delete;
    static bool any() { return count_ > 0; }

   private:
    static inline std::atomic<int> count_ = 0;
  };

 private:
  friend class Timer;
  static inline std::atomic<Source*> source_ = nullptr;
};

/// As asio::steady_timer, but of Clock. The error that a handler is given says nothing: it looks at Clock::now().
class Timer {
 public:
  explicit Timer(Executor executor) : timer_(executor) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { leave_source(); }

  /// Sets the deadline, in place of the one before. Whoever waits is woken.
  void expires_at(Clock::time_point deadline);
  Clock::time_point expiry() const { return expiry_; }

  template <class Token>
  auto async_wait(Token&& token) {
    return timer_.async_wait(std::forward<Token>(token));
  }

  /// Wakes whoever waits.
  void cancel();
  /// As cancel(): for a Source whose time has reached the deadline, and that has forgotten the timer.
  void wake();

 private:
  void leave_source();

  asio::steady_timer timer_;
  Clock::time_point expiry_{};
  Clock::Source* source_ = nullptr;  ///< that knows of this timer
};

}  // namespace hardline
