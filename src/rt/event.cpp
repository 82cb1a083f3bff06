#include "hardline/rt/event.hpp"

#include <algorithm>

namespace hardline {

void Event::notify() {
  for (auto* waiter : waiters_) waiter->cancel();
}

awaitable<void> Event::wait() {
  co_await wait_until(std::chrono::steady_clock::time_point::max());
}

awaitable<bool> Event::wait_until(std::chrono::steady_clock::time_point deadline) {
  asio::steady_timer timer(executor_, deadline);
  waiters_.push_back(&timer);
  AsioError ec;
  co_await timer.async_wait(redirect_error(use_awaitable, ec));
  std::erase(waiters_, &timer);
  co_return ec == asio::error::operation_aborted || std::chrono::steady_clock::now() < deadline;
}

awaitable<void> sleep_for(std::chrono::steady_clock::duration duration) {
  auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, duration);
  AsioError ec;
  co_await timer.async_wait(redirect_error(use_awaitable, ec));
}

}  // namespace hardline
