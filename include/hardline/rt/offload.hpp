// The one way to a blocking library: run it on a pool, come back to the io thread with its result.
#pragma once

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <variant>

#include "hardline/rt/abandonable_pool.hpp"
#include "hardline/rt/asio.hpp"
#include "hardline/rt/clock.hpp"
#include "hardline/rt/event.hpp"
#include "hardline/rt/mailbox.hpp"
#include "hardline/rt/stop.hpp"

namespace hardline {

namespace detail {

template <class Job>
struct OffloadState {
  using R = std::invoke_result_t<Job&>;
  using Value = std::conditional_t<std::is_void_v<R>, std::monostate, R>;

  explicit OffloadState(Job j) : job(std::move(j)) {}

  void run() {
    try {
      if constexpr (std::is_void_v<R>)
        job();
      else
        value.emplace(job());
    } catch (...) {
      error = std::current_exception();
    }
  }

  Job job;
  std::optional<Value> value;
  std::exception_ptr error;
};

}  // namespace detail

/// Runs `job()` on `pool` and returns its result, or throws what it threw, on the coroutine's own executor.
/// `job` is copied into shared state: it must own or outlive what it uses. Name it before you await (STYLE: g++ 12).
template <class Job>
awaitable<std::invoke_result_t<Job&>> offload(asio::thread_pool& pool, Job job) {
  auto executor = co_await asio::this_coro::executor;
  auto state = std::make_shared<detail::OffloadState<Job>>(std::move(job));
  auto initiate = [&pool, executor, state](auto handler) {
    auto work = asio::prefer(executor, asio::execution::outstanding_work.tracked);
    asio::post(pool, [state, work, handler = std::move(handler)]() mutable {
      state->run();
      asio::post(work, std::move(handler));
    });
  };
  const Clock::Elsewhere elsewhere;
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(initiate, use_awaitable);
  if (state->error) std::rethrow_exception(state->error);
  if constexpr (!std::is_void_v<std::invoke_result_t<Job&>>) co_return std::move(*state->value);
}

/// As offload(), but waits `limit` at most, or until `stop` is requested, and then returns nullopt. A job that has not
/// begun by then never does; one that has begun ends unheard.
template <class Job>
awaitable<std::optional<std::invoke_result_t<Job&>>> offload_for(AbandonablePool& pool, Job job, Clock::duration limit,
                                                                 Stop* stop = nullptr) {
  struct Shared {
    explicit Shared(Job j) : state(std::move(j)) {}
    detail::OffloadState<Job> state;
    std::atomic<bool> abandoned = false;
  };
  auto executor = co_await asio::this_coro::executor;
  const auto deadline = Clock::now() + limit;
  const auto shared = std::make_shared<Shared>(std::move(job));
  Event own(executor);
  Event& news = stop ? stop->changed : own;
  bool finished = false;
  const Mailbox mailbox(executor);
  pool.post([shared, sender = mailbox.sender(), &news, &finished] {
    if (shared->abandoned) return;
    shared->state.run();
    sender.post([&news, &finished] {
      finished = true;
      news.notify();
    });
  });
  while (!finished && !(stop && stop->requested()) && Clock::now() < deadline) co_await news.wait_until(deadline);
  if (!finished) {
    shared->abandoned = true;
    co_return std::nullopt;
  }
  if (shared->state.error) std::rethrow_exception(shared->state.error);
  co_return std::move(shared->state.value);
}

}  // namespace hardline
