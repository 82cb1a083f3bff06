#include "cache/download_quota.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace hardline::cache {
namespace {

using namespace std::chrono_literals;

const DownloadQuota::Clock::time_point kStart(1000h);

TEST(DownloadQuota, HoldsOneHoursWorthAtTheStart) {
  DownloadQuota quota(3600, kStart);
  quota.take(3599, kStart);
  EXPECT_FALSE(quota.is_empty(kStart));
  quota.take(1, kStart);
  EXPECT_TRUE(quota.is_empty(kStart));
}

TEST(DownloadQuota, DoesNotDelayWhileThereIsSomethingLeft) {
  DownloadQuota quota(3600, kStart);
  quota.take(3599, kStart);
  EXPECT_EQ(quota.delay(kStart), 0s);
}

TEST(DownloadQuota, FillsEvenly) {
  DownloadQuota quota(3600, kStart);
  quota.take(3600, kStart);
  EXPECT_TRUE(quota.is_empty(kStart + 999ms));
  EXPECT_FALSE(quota.is_empty(kStart + 1s));
}

TEST(DownloadQuota, NeverHoldsMoreThanAnHoursWorth) {
  DownloadQuota quota(3600, kStart);
  const auto later = kStart + 24h;
  quota.take(3600, later);
  EXPECT_TRUE(quota.is_empty(later));
}

TEST(DownloadQuota, DelaysUntilWhatIsOwedIsPaid) {
  DownloadQuota quota(3600, kStart);
  quota.take(3600 + 10, kStart);
  EXPECT_EQ(quota.delay(kStart), 10s);
  EXPECT_EQ(quota.delay(kStart + 4s), 6s);
  EXPECT_EQ(quota.delay(kStart + 10s), 0s);
}

TEST(DownloadQuota, EmptyOneLetsPiecesComeAsFastAsItFills) {
  constexpr std::uint64_t kPiece = 64 * 1024;
  constexpr std::uint64_t kAnHour = 100 << 20;
  DownloadQuota quota(kAnHour, kStart);
  quota.take(kAnHour, kStart);
  auto now = kStart;
  std::uint64_t received = 0;
  while (now < kStart + 1h) {
    now += quota.delay(now);
    received += kPiece;
    quota.take(kPiece, now);
  }
  EXPECT_GE(received, kAnHour);
  EXPECT_LE(received, kAnHour + 2 * kPiece);
}

TEST(DownloadQuota, HasNotDriftedAfterAYearOfSmallSteps) {
  DownloadQuota quota(1'000'000'007, kStart);
  quota.take(1'000'000'007, kStart);
  // Each step takes what comes in within about 36 s, and asks at odd moments in between.
  const auto end = kStart + 365 * 24h;
  std::uint64_t taken = 0;
  auto now = kStart;
  for (; now < end; now += 36s) {
    quota.take(10'000'000, now);
    taken += 10'000'000;
    quota.is_empty(now + 1'234'567'891ns);
  }
  // In that time 365 * 24 * 1'000'000'007 octets came in; the rest is owed. To the second:
  const auto filled = 365.0 * 24 * 1'000'000'007;
  const auto owed = static_cast<double>(taken) - filled;
  const auto rate = 1'000'000'007.0 / 3600;
  quota.take(1'000'000'007, now);  // so that there is something owed in any case
  const auto delay = std::chrono::duration<double>(quota.delay(now)).count();
  EXPECT_NEAR(delay, (owed + 1'000'000'007) / rate, 0.001);
}

TEST(DownloadQuota, TimeGoingBackwardsNeitherGivesNorTakes) {
  DownloadQuota quota(3600, kStart);
  quota.take(3600, kStart);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(quota.is_empty(kStart - 1h));
    EXPECT_TRUE(quota.is_empty(kStart));
  }
  EXPECT_FALSE(quota.is_empty(kStart + 1s));
}

TEST(DownloadQuota, ZeroIsNoLimit) {
  DownloadQuota quota(0, kStart);
  quota.take(std::numeric_limits<std::uint64_t>::max(), kStart);
  EXPECT_FALSE(quota.is_empty(kStart));
  EXPECT_EQ(quota.delay(kStart), 0s);
}

TEST(DownloadQuota, DelayOfAHugeDebtDoesNotOverflow) {
  DownloadQuota quota(1, kStart);
  quota.take(std::numeric_limits<std::uint64_t>::max(), kStart);
  EXPECT_GE(quota.delay(kStart), 24h);
  EXPECT_GT(kStart + quota.delay(kStart), kStart);
}

}  // namespace
}  // namespace hardline::cache
