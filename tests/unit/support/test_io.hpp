// A test's io_context, and coroutines called from a test as if they were plain functions. Whatever hangs fails its
// test at a deadline instead of hanging it.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <chrono>
#include <csignal>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <variant>

#include "hardline/rt/asio.hpp"
#include "support/fake_time.hpp"

namespace hardline::support {

/// Longer than anything takes on a busy machine under sanitizers; reached only by what hangs.
inline constexpr auto kDeadline = std::chrono::seconds(20);
/// How long a test watches for something that must not happen.
inline constexpr auto kWhile = std::chrono::milliseconds(60);
/// What a kernel with two busy processors may need to bring to one end of a socket what the other end has sent.
inline constexpr auto kKernelTakes = std::chrono::milliseconds(3);

/// Whose time a TestIo's coroutines live in.
enum class Time {
  real,
  fake,                 ///< goes on, without waiting, when there is nothing else left to do
  fake_beside_sockets,  ///< as fake, once the kernel brings nothing more, either
};

class TestIo;

/// A coroutine that was started and goes on whenever its TestIo runs.
template <class T>
class Running {
 public:
  bool done() const { return state_->done; }
  /// Runs until it has ended, and returns what it returned or throws what it threw.
  T get();

 private:
  friend class TestIo;
  using Value = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
  struct State {
    std::optional<Value> value;
    std::exception_ptr error;
    bool done = false;
  };

  explicit Running(TestIo& io) : io_(&io) {}

  static awaitable<void> keep(std::shared_ptr<State> state, awaitable<T> task) {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(task);
      state->value.emplace();
    } else {
      auto value = co_await std::move(task);
      state->value.emplace(std::move(value));
    }
  }

  TestIo* io_;
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

class TestIo {
 public:
  explicit TestIo(Time time = Time::real) : has_sockets_(time == Time::fake_beside_sockets) {
    std::signal(SIGPIPE, SIG_IGN);  // as the daemon does: OpenSSL writes with write(2)
    if (time != Time::real) time_.emplace();
  }

  asio::io_context& context() { return context_; }
  Executor executor() { return context_.get_executor(); }

  /// Whether `done()` came true in time. A fake time goes on whenever nothing else can happen.
  template <class Done>
  bool run_until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!done()) {
      if (std::chrono::steady_clock::now() >= deadline) return false;
      if (time_ && (does_something() || time_->go_on(Clock::time_point::max()))) continue;
      context_.run_one_until(deadline);
    }
    return true;
  }

  template <class T>
  Running<T> start(awaitable<T> task) {
    Running<T> running(*this);
    auto finished = [state = running.state_](std::exception_ptr error) {
      state->error = error;
      state->done = true;
    };
    asio::co_spawn(context_, Running<T>::keep(running.state_, std::move(task)), std::move(finished));
    return running;
  }

  template <class T>
  T await(awaitable<T> task) {
    return start(std::move(task)).get();
  }

  /// Lets everything happen that happens within `duration`. A fake time is then later by exactly that.
  void pass(Clock::duration duration) {
    if (!time_) {
      context_.run_for(duration);
      return;
    }
    const auto end = time_->now() + duration;
    do {
      finish_the_moment();
    } while (time_->go_on(end));
  }

  /// Lets everything happen that is under way, for tests of what must not happen.
  void settle() { pass(kWhile); }

  /// A fake time waits for what pools do, or not: a job that hangs is never done.
  void wait_for_pools(bool does_it) { waits_for_pools_ = does_it; }

  /// A fake time goes on, and those who wait for it do not come to their turn.
  void go_on(Clock::duration duration) {
    const auto end = time_.value().now() + duration;
    while (time_->go_on(end)) time_->wake_due();
  }

  /// Lets everything happen that can happen without time: with a fake one.
  void finish_the_moment() {
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (does_something())
      if (std::chrono::steady_clock::now() >= deadline) throw std::runtime_error("it never comes to rest");
  }

 private:
  /// Whether anything could be done in this moment of a fake time, or is being done by a pool.
  bool does_something() {
    if (context_.poll_one() > 0 || time_.value().wake_due()) return true;
    if (waits_for_pools_ && Clock::Elsewhere::any()) {
      context_.run_one_for(kKernelTakes);
      return true;
    }
    return has_sockets_ && context_.run_one_for(kKernelTakes) > 0;
  }

  bool has_sockets_;
  bool waits_for_pools_ = true;
  std::optional<FakeTime> time_;  ///< outlives the timers
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(context_);
};

template <class T>
T Running<T>::get() {
  if (!io_->run_until([this] { return done(); })) throw std::runtime_error("the coroutine did not end in time");
  if (state_->error) std::rethrow_exception(state_->error);
  if constexpr (!std::is_void_v<T>) return std::move(*state_->value);
}

}  // namespace hardline::support
