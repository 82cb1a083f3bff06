#include "hardline/rt/event.hpp"

#include <algorithm>

namespace hardline {

void Event::notify() {
  for (auto* waiter : waiters_) {
    waiter->notified = true;
    waiter->timer.cancel();
  }
}

awaitable<void> Event::wait() {
  co_await wait_until(Clock::time_point::max());
}

awaitable<bool> Event::wait_until(Clock::time_point deadline) {
  Waiter waiter{.timer = Timer(executor_)};
  waiter.timer.expires_at(deadline);
  waiters_.push_back(&waiter);
  AsioError ignored;
  co_await waiter.timer.async_wait(redirect_error(use_awaitable, ignored));
  std::erase(waiters_, &waiter);
  co_return waiter.notified;
}

awaitable<void> sleep_for(Clock::duration duration) {
  auto executor = co_await asio::this_coro::executor;
  Timer timer(executor);
  timer.expires_at(Clock::now() + duration);
  AsioError ignored;
  co_await timer.async_wait(redirect_error(use_awaitable, ignored));
}

}  // namespace hardline
