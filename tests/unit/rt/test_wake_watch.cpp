#include "hardline/rt/wake_watch.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include "support/test_io.hpp"

namespace hardline {
namespace {

using namespace std::chrono_literals;

WakeWatch::Clocks clocks{1000s, 2000s, 50000s};  // goes on from test to test, as time does

class WakeWatchTest : public testing::Test {
 protected:
  /// The kernel cancels the timer.
  void signal() { ASSERT_EQ(eventfd_write(descriptor, 1), 0); }

  void sleep(std::chrono::seconds span) {
    clocks.all += span;
    clocks.wall += span;
    signal();
  }

  void stay_awake(std::chrono::seconds span) {
    clocks.awake += span;
    clocks.all += span;
    clocks.wall += span;
  }

  support::TestIo io;
  int descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  WakeWatch watch{io.executor(), descriptor, [] { return clocks; }};
};

TEST_F(WakeWatchTest, TellsHowLongTheMachineSlept) {
  auto waiting = io.start(watch.wait());
  io.settle();
  ASSERT_FALSE(waiting.done());
  stay_awake(1h);
  sleep(8h);
  EXPECT_EQ(waiting.get(), (ClockJump{8h, 0s}));
}

TEST_F(WakeWatchTest, TellsThatTheClockWasSet) {
  clocks.wall -= 1h;
  signal();
  EXPECT_EQ(io.await(watch.wait()), (ClockJump{0s, -1h}));
  clocks.wall += 24h;
  signal();
  EXPECT_EQ(io.await(watch.wait()), (ClockJump{0s, 24h}));
}

TEST_F(WakeWatchTest, TellsEachSleepOnce) {
  sleep(10s);
  EXPECT_TRUE(io.await(watch.wait()));
  auto waiting = io.start(watch.wait());
  signal();
  io.settle();
  EXPECT_FALSE(waiting.done());
  sleep(10s);
  EXPECT_EQ(waiting.get(), (ClockJump{10s, 0s}));
}

TEST_F(WakeWatchTest, MakesNothingOfANapOrOfAClockThatIsCorrected) {
  auto waiting = io.start(watch.wait());
  sleep(kSleepThatMatters - 1s);
  io.settle();
  EXPECT_FALSE(waiting.done());
  clocks.wall += kClockJumpThatMatters - 1s;
  signal();
  io.settle();
  EXPECT_FALSE(waiting.done());
}

TEST_F(WakeWatchTest, NapsAddUp) {
  auto waiting = io.start(watch.wait());
  sleep(kSleepThatMatters - 1s);
  io.settle();
  ASSERT_FALSE(waiting.done());
  sleep(1s);
  EXPECT_EQ(waiting.get(), (ClockJump{kSleepThatMatters, 0s}));
}

TEST_F(WakeWatchTest, CloseEndsTheWait) {
  auto waiting = io.start(watch.wait());
  io.settle();
  watch.close();
  EXPECT_EQ(waiting.get(), std::nullopt);
}

TEST(WakeWatch, WithoutATimerWaitsForItsEnd) {
  support::TestIo io;
  WakeWatch watch(io.executor(), -1, [] { return clocks; });
  auto waiting = io.start(watch.wait());
  io.settle();
  ASSERT_FALSE(waiting.done());
  watch.close();
  EXPECT_EQ(waiting.get(), std::nullopt);
}

TEST(WakeWatch, TheKernelsTimerIsQuietWhileNothingHappens) {
  support::TestIo io;
  WakeWatch watch(io.executor());
  auto waiting = io.start(watch.wait());
  io.settle();
  EXPECT_FALSE(waiting.done());
  EXPECT_EQ(io.context().poll(), 0u) << "something wakes the processor";
  watch.close();
  EXPECT_EQ(waiting.get(), std::nullopt);
}

}  // namespace
}  // namespace hardline
