// A time in place of the machine's: it stands still until it is told to go on, and then wakes whoever waits for it.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <optional>

#include "hardline/rt/clock.hpp"

namespace hardline::support {

/// In place while it lives. It begins at the machine's time, and needs somebody to run what it wakes: TestIo.
class FakeTime final : public Clock::Source {
 public:
  FakeTime() : before_(Clock::replace(this)) {}
  ~FakeTime() override { Clock::replace(before_); }
  FakeTime(const FakeTime&) = delete;
  FakeTime& operator=(const FakeTime&) = delete;

  Clock::time_point now() const override { return now_; }

  /// Whether somebody is woken: those whose deadline has come.
  bool wake_due() {
    bool woken = false;
    for (; !timers_.empty() && timers_.begin()->first <= now(); woken = true) {
      auto& timer = *timers_.begin()->second;
      timers_.erase(timers_.begin());
      timer.wake();
    }
    return woken;
  }

  /// Goes on to the next deadline, but not beyond `limit`. False where it is there already.
  bool go_on(Clock::time_point limit) {
    const auto next = timers_.empty() ? limit : std::min(limit, timers_.begin()->first);
    if (next <= now()) return false;
    now_ = next;
    return true;
  }

 private:
  void add(Timer& timer, Clock::time_point deadline) override {
    if (deadline != Clock::time_point::max()) timers_.emplace(deadline, &timer);
  }
  void remove(Timer& timer) override {
    std::erase_if(timers_, [&timer](const auto& entry) { return entry.second == &timer; });
  }

  Clock::Source* before_;
  std::atomic<Clock::time_point> now_ = std::chrono::steady_clock::now();
  std::multimap<Clock::time_point, Timer*> timers_;  ///< of one deadline, in the order in which they came
};

}  // namespace hardline::support
