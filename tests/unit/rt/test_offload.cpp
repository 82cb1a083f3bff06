#include "hardline/rt/offload.hpp"

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>
#include <thread>

#include "hardline/rt/event.hpp"
#include "support/test_io.hpp"

namespace hardline {
namespace {

class OffloadTest : public testing::Test {
 protected:
  ~OffloadTest() override { pool.join(); }

  support::TestIo io;
  asio::thread_pool pool{1};
};

awaitable<std::thread::id> thread_after(asio::thread_pool& pool) {
  auto job = [] {};
  co_await offload(pool, job);
  co_return std::this_thread::get_id();
}

TEST_F(OffloadTest, BringsBackAValueThatOnlyMoves) {
  auto job = [] { return std::make_unique<int>(42); };
  EXPECT_EQ(*io.await(offload(pool, job)), 42);
}

TEST_F(OffloadTest, RunsTheJobOnThePool) {
  auto job = [] { return std::this_thread::get_id(); };
  EXPECT_NE(io.await(offload(pool, job)), std::this_thread::get_id());
}

TEST_F(OffloadTest, GoesOnOnTheIoThread) {
  EXPECT_EQ(io.await(thread_after(pool)), std::this_thread::get_id());
}

TEST_F(OffloadTest, WaitsForAJobThatReturnsNothing) {
  bool ran = false;
  auto job = [&ran] { ran = true; };
  io.await(offload(pool, job));
  EXPECT_TRUE(ran);
}

TEST_F(OffloadTest, ThrowsWhatTheJobThrew) {
  auto job = []() -> int { throw std::out_of_range("too far"); };
  EXPECT_THROW(io.await(offload(pool, job)), std::out_of_range);
}

TEST_F(OffloadTest, LeavesTheIoThreadFree) {
  std::promise<void> release;
  auto job = [released = release.get_future().share()] { released.wait(); };
  auto blocked = io.start(offload(pool, job));
  io.await(sleep_for(std::chrono::milliseconds(1)));
  EXPECT_FALSE(blocked.done());
  release.set_value();
  blocked.get();
}

class OffloadForTest : public testing::Test {
 protected:
  /// A job that waits for release(), and owns what it touches.
  auto blocking_job() const {
    return [state = state_] {
      state->begun.set_value();
      state->release.get_future().wait();
      return 42;
    };
  }
  void release() { state_->release.set_value(); }

  support::TestIo io;
  AbandonablePool pool{1};

 private:
  struct State {
    std::promise<void> begun, release;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

constexpr auto kLong = support::kDeadline;
constexpr auto kShort = std::chrono::milliseconds(20);

TEST_F(OffloadForTest, BringsBackAValueThatOnlyMoves) {
  auto job = [] { return std::make_unique<int>(42); };
  EXPECT_EQ(**io.await(offload_for(pool, job, kLong)), 42);
}

TEST_F(OffloadForTest, RunsTheJobOnThePool) {
  auto job = [] { return std::this_thread::get_id(); };
  EXPECT_NE(io.await(offload_for(pool, job, kLong)), std::this_thread::get_id());
}

TEST_F(OffloadForTest, ThrowsWhatTheJobThrew) {
  auto job = []() -> int { throw std::out_of_range("too far"); };
  EXPECT_THROW(io.await(offload_for(pool, job, kLong)), std::out_of_range);
}

TEST_F(OffloadForTest, LeavesAJobBehindAtItsLimit) {
  EXPECT_EQ(io.await(offload_for(pool, blocking_job(), kShort)), std::nullopt);
  release();
}

TEST_F(OffloadForTest, LeavesAJobBehindWhenItIsStopped) {
  Stop stop(io.executor());
  auto running = io.start(offload_for(pool, blocking_job(), kLong, &stop));
  io.context().poll();
  EXPECT_FALSE(running.done());
  stop.request();
  EXPECT_EQ(running.get(), std::nullopt);
  release();
}

TEST_F(OffloadForTest, HearsTheResultWhenItCouldBeStopped) {
  Stop stop(io.executor());
  auto running = io.start(offload_for(pool, blocking_job(), kLong, &stop));
  io.context().poll();
  stop.changed.notify();  // of something else
  release();
  EXPECT_EQ(running.get(), 42);
}

TEST_F(OffloadForTest, NeverBeginsAJobThatWasGivenUp) {
  auto blocked = io.start(offload_for(pool, blocking_job(), kLong));
  io.context().poll();
  const auto ran = std::make_shared<std::atomic<bool>>(false);
  auto late_job = [ran] { return ran->exchange(true); };
  EXPECT_EQ(io.await(offload_for(pool, late_job, kShort)), std::nullopt);
  release();
  EXPECT_EQ(blocked.get(), 42);
  auto next_job = [] { return 1; };
  EXPECT_EQ(io.await(offload_for(pool, next_job, kLong)), 1);  // the one before has had its turn
  EXPECT_FALSE(*ran);
}

TEST_F(OffloadForTest, MayLoseItsIoContext) {
  auto context = std::make_unique<support::TestIo>();
  auto running = context->start(offload_for(pool, blocking_job(), kLong));
  context->context().poll();
  context.reset();
  release();
}

}  // namespace
}  // namespace hardline
