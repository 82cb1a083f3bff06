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

namespace hardline::support {

/// Longer than anything takes on a busy machine under sanitizers; reached only by what hangs.
inline constexpr auto kDeadline = std::chrono::seconds(20);
/// How long a test watches for something that must not happen.
inline constexpr auto kWhile = std::chrono::milliseconds(60);

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
  TestIo() { std::signal(SIGPIPE, SIG_IGN); }  // as the daemon does: OpenSSL writes with write(2)

  asio::io_context& context() { return context_; }
  Executor executor() { return context_.get_executor(); }

  /// Whether `done()` came true in time.
  template <class Done>
  bool run_until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!done()) {
      if (std::chrono::steady_clock::now() >= deadline) return false;
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

  /// Lets everything happen that is under way, for tests of what must not happen.
  void settle() { context_.run_for(kWhile); }

 private:
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
