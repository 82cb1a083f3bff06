// A condition variable for coroutines of one io thread.
#pragma once

#include <vector>

#include "hardline/rt/asio.hpp"
#include "hardline/rt/clock.hpp"

namespace hardline {

/// Waiters are woken by notify(); as with a condition variable, a waiter loops on what it waits for:
/// `while (!ready) co_await event.wait();`. (Not `while (co_await …)`: g++ 12 miscompiles it.)
class Event {
 public:
  explicit Event(Executor executor) : executor_(executor) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  /// Wakes every coroutine that waits now.
  void notify();

  awaitable<void> wait();

  /// False when `deadline` has passed without a notify().
  awaitable<bool> wait_until(Clock::time_point deadline);

 private:
  struct Waiter {
    Timer timer;
    bool notified = false;
  };

  Executor executor_;
  std::vector<Waiter*> waiters_;
};

/// Suspends for `duration`.
awaitable<void> sleep_for(Clock::duration duration);

}  // namespace hardline
