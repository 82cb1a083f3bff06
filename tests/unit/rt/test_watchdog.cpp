#include "hardline/rt/watchdog.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "support/test_io.hpp"

namespace hardline {
namespace {

using namespace std::chrono_literals;

class WatchdogTest : public testing::Test {
 protected:
  bool bites() {
    const auto before = bites_;
    return io.run_until([this, before] { return bites_ > before; });
  }

  support::TestIo io{support::Time::fake};
  int bites_ = 0;
  std::unique_ptr<Watchdog> watchdog = std::make_unique<Watchdog>(io.executor(), [this] { ++bites_; });
};

TEST_F(WatchdogTest, BitesOnceForEachDeadline) {
  EXPECT_FALSE(watchdog->bitten());
  watchdog->arm(1ms);
  EXPECT_TRUE(bites());
  EXPECT_TRUE(watchdog->bitten());
  io.settle();
  EXPECT_EQ(bites_, 1);
  watchdog->arm(1ms);
  EXPECT_TRUE(bites());
  EXPECT_EQ(bites_, 2);
}

TEST_F(WatchdogTest, DoesNotBiteBeforeItIsArmed) {
  io.settle();
  EXPECT_EQ(bites_, 0);
}

TEST_F(WatchdogTest, ADeadlineMovedLaterIsTheOneThatCounts) {
  watchdog->arm(5ms);
  const auto later = Clock::now() + 100ms;
  watchdog->arm(100ms);
  EXPECT_TRUE(bites());
  EXPECT_EQ(Clock::now(), later);
}

TEST_F(WatchdogTest, ADeadlineMovedEarlierIsTheOneThatCounts) {
  const auto earlier = Clock::now() + 1ms;
  watchdog->arm(1h);
  watchdog->arm(1ms);
  EXPECT_TRUE(bites());
  EXPECT_EQ(Clock::now(), earlier);
}

TEST_F(WatchdogTest, ADeadlineThatHasPassedUnnoticedCanStillBeMoved) {
  watchdog->arm(1ms);
  io.go_on(5ms);  // the timer has expired, but its handler has not run
  watchdog->arm(1h);
  io.settle();
  EXPECT_EQ(bites_, 0);
}

TEST_F(WatchdogTest, DisarmedItDoesNotBite) {
  watchdog->arm(1ms);
  watchdog->disarm();
  io.settle();
  EXPECT_EQ(bites_, 0);
  EXPECT_FALSE(watchdog->bitten());
}

TEST_F(WatchdogTest, DisarmedItCanBeArmedAgain) {
  watchdog->arm(1h);
  watchdog->disarm();
  watchdog->arm(1ms);
  EXPECT_TRUE(bites());
}

TEST_F(WatchdogTest, GoneItDoesNotBite) {
  watchdog->arm(1ms);
  io.go_on(5ms);
  watchdog.reset();
  io.settle();
  EXPECT_EQ(bites_, 0);
}

TEST_F(WatchdogTest, MayBeDestroyedByItsOwnBite) {
  int bites = 0;
  auto short_lived = std::make_unique<Watchdog>(io.executor(), [&] {
    ++bites;
    watchdog.reset();
  });
  std::swap(short_lived, watchdog);
  watchdog->arm(1ms);
  EXPECT_TRUE(io.run_until([&bites] { return bites == 1; }));
}

TEST_F(WatchdogTest, MayBeArmedByItsOwnBite) {
  int bites = 0;
  Watchdog repeating(io.executor(), [&] {
    if (++bites < 3) repeating.arm(1ms);
  });
  repeating.arm(1ms);
  EXPECT_TRUE(io.run_until([&bites] { return bites == 3; }));
}

}  // namespace
}  // namespace hardline
