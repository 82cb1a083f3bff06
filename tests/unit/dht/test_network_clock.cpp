#include "hardline/dht/network_clock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/log_capture.hpp"

namespace hardline::dht {
namespace {

using namespace std::chrono;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// 2023-11-15, whose number among days is 19676.
constexpr sys_days kToday = 2023y / November / 15;
constexpr std::uint64_t kDay = 19'676;

class NetworkClockTest : public testing::Test {
 protected:
  static system_clock::time_point now() { return now_; }
  static void set(system_clock::time_point time) { now_ = time; }
  /// Until a correction may be replaced.
  static void wait() { set(now() + kCorrectionHolds); }

  NetworkClockTest() { set(kToday + 12h); }

  NetworkClock clock{now};

 private:
  inline static system_clock::time_point now_;
};

TEST_F(NetworkClockTest, TakesTheDayOfItsOwnClockWhereNobodyContradicts) {
  EXPECT_THAT(clock.days(), ElementsAre(kDay));
  EXPECT_EQ(clock.error(), std::nullopt);
}

TEST_F(NetworkClockTest, AddsTheNeighbourNearMidnight) {
  set(kToday + 1h);
  EXPECT_THAT(clock.days(), ElementsAre(kDay, kDay - 1));
  set(kToday + 23h);
  EXPECT_THAT(clock.days(), ElementsAre(kDay, kDay + 1));
}

TEST_F(NetworkClockTest, LeavesASmallErrorAlone) {
  for (const auto error : {-5min, 0min, 5min}) {
    clock.observe(now() + error);
    EXPECT_EQ(clock.error(), std::nullopt) << error.count();
  }
}

TEST_F(NetworkClockTest, PutsTheCorrectedDayFirst) {
  clock.observe(now() + 48h);
  EXPECT_EQ(clock.error(), 48h);
  EXPECT_THAT(clock.days(), ElementsAre(kDay + 2, kDay));
  wait();
  clock.observe(now() - 24h * 365);
  EXPECT_THAT(clock.days(), ElementsAre(kDay - 365, kDay));
}

TEST_F(NetworkClockTest, KeepsItsOwnDayWhateverIsSaid) {
  for (const auto& lie : {system_clock::time_point(), system_clock::time_point(sys_days(2199y / December / 31))}) {
    clock.observe(lie);
    EXPECT_THAT(clock.days(), testing::Contains(kDay));
    EXPECT_LE(clock.days().size(), 4u);
    wait();
  }
}

TEST_F(NetworkClockTest, AddsNeighboursOfBoth) {
  set(kToday + 23h);
  clock.observe(now() + 48h);
  EXPECT_THAT(clock.days(), ElementsAre(kDay + 2, kDay, kDay + 3, kDay + 1));
}

TEST_F(NetworkClockTest, NamesEachDayOnce) {
  set(kToday + 23h);
  clock.observe(now() + 30min);
  EXPECT_THAT(clock.days(), ElementsAre(kDay, kDay + 1));
  wait();
  clock.observe(now() + 80min);
  EXPECT_THAT(clock.days(), ElementsAre(kDay + 1, kDay));
}

TEST_F(NetworkClockTest, GoesOnFromWhatItWasTold) {
  clock.observe(now() + 6h);  // 18:00
  set(kToday + 19h);          // 01:00 of the next day there
  EXPECT_THAT(clock.days(), ElementsAre(kDay + 1, kDay));
}

TEST_F(NetworkClockTest, ForgetsAnErrorThatIsNoMore) {
  clock.observe(now() + 48h);
  set(now() + 48h);  // somebody has set it
  clock.observe(now());
  EXPECT_EQ(clock.error(), std::nullopt);
  EXPECT_THAT(clock.days(), ElementsAre(kDay + 2));
}

TEST_F(NetworkClockTest, WhatWasWrongWithItIsForgottenWhenItIsSet) {
  int told = 0;
  const auto listening = clock.listen([&told] { ++told; });
  clock.observe(now() + 48h);
  set(now() + 48h);
  clock.was_set();
  EXPECT_EQ(clock.error(), std::nullopt);
  EXPECT_THAT(clock.days(), ElementsAre(kDay + 2));
  clock.was_set();
  EXPECT_EQ(told, 2);
}

TEST_F(NetworkClockTest, KeepsACorrectionForAWhileWhateverOthersSay) {
  clock.observe(now() + 48h);
  set(now() + kCorrectionHolds - 1s);
  clock.observe(now());
  clock.observe(now() - 48h);
  EXPECT_THAT(clock.days(), ElementsAre(kDay + 2, kDay));
  set(now() + 1s);
  clock.observe(now() - 48h);
  EXPECT_THAT(clock.days(), ElementsAre(kDay - 2, kDay));
  clock.observe(now());
  EXPECT_THAT(clock.days(), ElementsAre(kDay - 2, kDay));
  wait();
  clock.observe(now());
  EXPECT_THAT(clock.days(), ElementsAre(kDay));
}

TEST_F(NetworkClockTest, WhoConfirmsACorrectionDoesNotProlongIt) {
  clock.observe(now() + 48h);
  set(now() + kCorrectionHolds - 1s);
  clock.observe(now() + 48h + 1min);
  EXPECT_EQ(clock.error(), 48h + 1min);
  set(now() + 1s);
  clock.observe(now());
  EXPECT_EQ(clock.error(), std::nullopt);
}

TEST_F(NetworkClockTest, AClockThatWasSetNeedsNotWait) {
  for (const auto correction : {-48h, 48h}) {
    clock.observe(now() + correction);
    set(now() + correction);
    clock.observe(now());
    EXPECT_EQ(clock.error(), std::nullopt);
  }
}

TEST_F(NetworkClockTest, TellsWhenOthersHaveChangedTheDays) {
  int told = 0;
  auto listening = clock.listen([&told] { ++told; });
  clock.observe(now() + 1h);
  EXPECT_EQ(told, 0) << "at noon it is the same day";
  wait();
  clock.observe(now() + 48h);
  EXPECT_EQ(told, 1);
  wait();
  clock.observe(now() + 49h);
  EXPECT_EQ(told, 1);
  wait();
  clock.observe(now());
  EXPECT_EQ(told, 2);
  listening.reset();
  clock.observe(now() + 48h);
  EXPECT_EQ(told, 2);
}

TEST_F(NetworkClockTest, AListenerMayGoOrComeInsideTheCall) {
  std::vector<std::shared_ptr<void>> listeners;
  int told = 0;
  const auto replace_all = [&] {
    ++told;
    listeners.clear();
    listeners.push_back(clock.listen([] {}));
  };
  for (int i = 0; i < 2; ++i) listeners.push_back(clock.listen(replace_all));
  clock.observe(now() + 48h);
  EXPECT_EQ(told, 1);
}

TEST_F(NetworkClockTest, AListenerMayOutliveIt) {
  auto gone = std::make_unique<NetworkClock>(now);
  auto listening = gone->listen([] {});
  gone.reset();
  listening.reset();
}

TEST_F(NetworkClockTest, LogsTheFirstContradictionAndTheAgreement) {
  const store::LogCapture log;
  clock.observe(now());
  EXPECT_THAT(log.lines(), IsEmpty());
  clock.observe(now() + 200min);
  clock.observe(now() + 201min);
  EXPECT_THAT(log.lines(), ElementsAre("warning clock: this computer's clock is 3 h 20 min behind what others say; "
                                       "services are looked up under their day too"));
  wait();
  clock.observe(now());
  clock.observe(now());
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("behind"), "info clock: agrees with what others say again"));
}

TEST_F(NetworkClockTest, SaysHowFarAndWhichWay) {
  const auto said = [this](minutes error) {
    const store::LogCapture log;
    NetworkClock(now).observe(now() + error);
    return log.lines().at(0);
  };
  EXPECT_THAT(said(-10min), HasSubstr("this computer's clock is 10 min ahead of what others say"));
  EXPECT_THAT(said(47h), HasSubstr("this computer's clock is 47 h 0 min behind"));
  EXPECT_THAT(said(48h), HasSubstr("this computer's clock is 2 days behind"));
}

TEST_F(NetworkClockTest, DoesNotFillTheLogWhereOthersContradictEachOther) {
  const store::LogCapture log;
  for (int i = 0; i < 100; ++i) {
    clock.observe(now() + 48h);
    wait();
    clock.observe(now());
  }
  EXPECT_EQ(log.lines().size(), 2u);
}

}  // namespace
}  // namespace hardline::dht
