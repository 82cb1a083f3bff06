#include "hardline/rt/task_group.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "support/test_io.hpp"

namespace hardline {
namespace {

using namespace std::chrono_literals;

class TaskGroupTest : public testing::Test {
 protected:
  awaitable<void> wait_and_count() {
    co_await gate.wait();
    ++ended;
  }

  awaitable<void> throw_at_once() {
    throw std::runtime_error("a bug");
    co_return;
  }

  awaitable<void> spawn_another() {
    co_await gate.wait();
    group.spawn("another", wait_and_count());
  }

  support::TestIo io;
  Event gate{io.executor()};
  TaskGroup group{io.executor()};
  int ended = 0;
};

TEST_F(TaskGroupTest, JoinOfNoTasksReturns) {
  io.await(group.join());
}

TEST_F(TaskGroupTest, JoinWaitsForEveryTask) {
  group.spawn("one", wait_and_count());
  group.spawn("two", wait_and_count());
  auto joined = io.start(group.join());
  io.settle();
  EXPECT_FALSE(joined.done());
  EXPECT_EQ(group.size(), 2u);
  gate.notify();
  joined.get();
  EXPECT_EQ(ended, 2);
  EXPECT_EQ(group.size(), 0u);
}

TEST_F(TaskGroupTest, JoinWaitsForTasksSpawnedMeanwhile) {
  group.spawn("spawner", spawn_another());
  auto joined = io.start(group.join());
  io.settle();
  gate.notify();
  io.settle();
  EXPECT_FALSE(joined.done());
  gate.notify();
  joined.get();
  EXPECT_EQ(ended, 1);
}

TEST_F(TaskGroupTest, AnExceptionOfOneTaskDoesNotEndTheOthers) {
  group.spawn("good", wait_and_count());
  group.spawn("bad", throw_at_once());
  io.settle();
  EXPECT_EQ(group.size(), 1u);
  gate.notify();
  io.await(group.join());
  EXPECT_EQ(ended, 1);
}

}  // namespace
}  // namespace hardline
