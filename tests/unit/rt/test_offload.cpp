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

}  // namespace
}  // namespace hardline
