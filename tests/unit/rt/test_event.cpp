#include "hardline/rt/event.hpp"

#include <gtest/gtest.h>

#include "support/test_io.hpp"

namespace hardline {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class EventTest : public testing::Test {
 protected:
  support::TestIo io;
  Event event{io.executor()};
};

TEST_F(EventTest, NotifyWakesEveryWaiter) {
  auto first = io.start(event.wait());
  auto second = io.start(event.wait());
  io.settle();
  ASSERT_FALSE(first.done() || second.done());
  event.notify();
  first.get();
  second.get();
}

TEST_F(EventTest, NotifyIsNotKeptForThoseWhoComeLater) {
  event.notify();
  auto waiter = io.start(event.wait());
  io.settle();
  EXPECT_FALSE(waiter.done());
  event.notify();
  waiter.get();
}

TEST_F(EventTest, WaitSaysThatItWasNotified) {
  auto waiter = io.start(event.wait_until(Clock::now() + 1h));
  io.settle();
  event.notify();
  EXPECT_TRUE(waiter.get());
}

TEST_F(EventTest, WaitSaysThatTheDeadlineHasPassed) {
  const auto deadline = Clock::now() + 10ms;
  EXPECT_FALSE(io.await(event.wait_until(deadline)));
  EXPECT_GE(Clock::now(), deadline);
}

TEST_F(EventTest, APastDeadlineHasPassedAtOnce) {
  EXPECT_FALSE(io.await(event.wait_until(Clock::now() - 1s)));
}

TEST_F(EventTest, AWaiterThatTimedOutIsForgotten) {
  EXPECT_FALSE(io.await(event.wait_until(Clock::now())));
  event.notify();  // the address sanitizer would object to a timer that is gone
}

TEST_F(EventTest, SleepLastsAsLongAsItSays) {
  const auto began = Clock::now();
  io.await(sleep_for(15ms));
  EXPECT_GE(Clock::now() - began, 15ms);
}

}  // namespace
}  // namespace hardline
