// A condition variable for coroutines of one io thread.
#pragma once

#include <chrono>
#include <vector>

#include "hardline/rt/asio.hpp"

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

  /// False when `deadline` has passed.
  awaitable<bool> wait_until(std::chrono::steady_clock::time_point deadline);

 private:
  Executor executor_;
  std::vector<asio::steady_timer*> waiters_;
};

/// Suspends for `duration`.
awaitable<void> sleep_for(std::chrono::steady_clock::duration duration);

}  // namespace hardline
