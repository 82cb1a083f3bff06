#include "hardline/rt/event.hpp"

#include <gtest/gtest.h>

#include "support/test_io.hpp"

namespace hardline {
namespace {

using namespace std::chrono_literals;

class EventTest : public testing::Test {
 protected:
  static awaitable<void> write_after(std::string& text, char letter, Clock::duration pause) {
    co_await sleep_for(pause);
    text += letter;
  }

  support::TestIo io{support::Time::fake};
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
  const auto deadline = Clock::now() + 1h;
  EXPECT_FALSE(io.await(event.wait_until(deadline)));
  EXPECT_EQ(Clock::now(), deadline);
}

TEST_F(EventTest, ItWasNotifiedThoughTheDeadlineHasPassedMeanwhile) {
  auto waiter = io.start(event.wait_until(Clock::now() + 1h));
  io.settle();
  event.notify();
  io.go_on(2h);
  EXPECT_TRUE(waiter.get());
}

TEST_F(EventTest, APastDeadlineHasPassedAtOnce) {
  const auto now = Clock::now();
  EXPECT_FALSE(io.await(event.wait_until(now - 1s)));
  EXPECT_EQ(Clock::now(), now);
}

TEST_F(EventTest, AWaiterThatTimedOutIsForgotten) {
  EXPECT_FALSE(io.await(event.wait_until(Clock::now())));
  event.notify();  // the address sanitizer would object to a timer that is gone
}

TEST_F(EventTest, SleepLastsAsLongAsItSays) {
  const auto began = Clock::now();
  io.await(sleep_for(15ms));
  EXPECT_EQ(Clock::now() - began, 15ms);
}

// What tests rely on where their time is not the machine's.

class TheMachinesTime : public testing::Test {
 protected:
  support::TestIo io;
  Event event{io.executor()};
};

TEST_F(TheMachinesTime, PassesWhereNobodyPutAnotherInItsPlace) {
  const auto deadline = std::chrono::steady_clock::now() + 10ms;
  EXPECT_FALSE(io.await(event.wait_until(deadline)));
  EXPECT_GE(std::chrono::steady_clock::now(), deadline);
}

TEST_F(EventTest, ThoseWhoWaitAreWokenInTheOrderOfTheirDeadlines) {
  std::string order;
  const auto write = [&](char letter, auto pause) -> support::Running<void> {
    return io.start(write_after(order, letter, pause));
  };
  write('c', 3h);
  write('a', 1h);
  write('b', 2h);
  write('d', 3h);
  io.pass(2h);
  EXPECT_EQ(order, "ab");
  io.pass(1h);
  EXPECT_EQ(order, "abcd");
}

}  // namespace
}  // namespace hardline
