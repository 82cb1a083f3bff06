#include "cache/freshness.hpp"

#include <gtest/gtest.h>

namespace hardline::cache {
namespace {

using namespace std::chrono_literals;

const FileTime kNow(std::chrono::seconds(1'800'000'000));
constexpr http::CacheControl kNothingSaid;

http::CacheControl said_max_age(std::chrono::seconds age) {
  http::CacheControl said;
  said.max_age = age;
  return said;
}

TEST(Freshness, AgeIsInWholeSecondsThatHavePassed) {
  EXPECT_EQ(age_of(kNow - 90s, kNow), 90s);
  EXPECT_EQ(age_of(kNow - 1999ms, kNow), 1s);
}

TEST(Freshness, AgeOfACopyFromTheFutureIsZero) {
  EXPECT_EQ(age_of(kNow + 1h, kNow), 0s);
}

TEST(Freshness, AgeOfTimesCenturiesAwayDoesNotOverflow) {
  EXPECT_EQ(age_of(FileTime::min(), kNow), std::chrono::seconds(1'800'000'000));
  EXPECT_EQ(age_of(FileTime::max(), kNow), 0s);
  EXPECT_EQ(age_of(FileTime::max(), FileTime::min()), 0s);
  EXPECT_GT(age_of(FileTime::min(), FileTime::max()), 0s);
}

TEST(Freshness, CopyIsFreshUntilMaxAge) {
  EXPECT_TRUE(is_fresh(kNow - 59s, kNow, 60s, kNothingSaid));
  EXPECT_FALSE(is_fresh(kNow - 60s, kNow, 60s, kNothingSaid));
}

TEST(Freshness, WithAMaxAgeOfZeroNothingIsFresh) {
  EXPECT_FALSE(is_fresh(kNow, kNow, 0s, kNothingSaid));
  EXPECT_FALSE(is_fresh(kNow, kNow, 60s, said_max_age(0s)));
}

TEST(Freshness, ShorterMaxAgeOfTheAnswerIsObeyed) {
  EXPECT_TRUE(is_fresh(kNow - 9s, kNow, 60s, said_max_age(10s)));
  EXPECT_FALSE(is_fresh(kNow - 10s, kNow, 60s, said_max_age(10s)));
}

TEST(Freshness, LongerMaxAgeOfTheAnswerIsNot) {
  EXPECT_FALSE(is_fresh(kNow - 60s, kNow, 60s, said_max_age(600s)));
}

TEST(Freshness, NoCacheIsAskedAboutEachTime) {
  http::CacheControl said;
  said.no_cache = true;
  EXPECT_FALSE(is_fresh(kNow, kNow, 60s, said));
}

TEST(Freshness, CopyFromBeyondTheSlackIsNotFresh) {
  EXPECT_TRUE(is_fresh(kNow + kClockSlack, kNow, 60s, kNothingSaid));
  EXPECT_FALSE(is_fresh(kNow + kClockSlack + 1ns, kNow, 60s, kNothingSaid));
  EXPECT_FALSE(is_fresh(FileTime::max(), kNow, 60s, kNothingSaid));
}

TEST(Freshness, WithAClockBeforeItsEpochNothingIsFresh) {
  EXPECT_FALSE(is_fresh(FileTime::max(), FileTime::min(), 60s, kNothingSaid));
  EXPECT_FALSE(is_fresh(FileTime::min(), FileTime::min(), 60s, kNothingSaid));
}

TEST(Freshness, MaxAgeWithoutAnEndNeverOverflows) {
  EXPECT_TRUE(is_fresh(FileTime::min(), kNow, std::chrono::seconds::max(), kNothingSaid));
}

}  // namespace
}  // namespace hardline::cache
