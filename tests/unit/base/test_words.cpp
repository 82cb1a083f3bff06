#include "hardline/base/words.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace hardline {
namespace {

using namespace std::chrono_literals;

TEST(Words, CountsWithTheirNoun) {
  EXPECT_EQ(count_of(0, "node"), "0 nodes");
  EXPECT_EQ(count_of(1, "node"), "1 node");
  EXPECT_EQ(count_of(2, "node"), "2 nodes");
}

TEST(Words, KnowPluralsOfTheirOwn) {
  EXPECT_EQ(count_of(1, "address", "addresses"), "1 address");
  EXPECT_EQ(count_of(3, "address", "addresses"), "3 addresses");
}

TEST(Words, TellSizesInPowersOfAThousand) {
  EXPECT_EQ(amount_of(0), "0 B");
  EXPECT_EQ(amount_of(999), "999 B");
  EXPECT_EQ(amount_of(1000), "1.0 kB");
  EXPECT_EQ(amount_of(12'345'678), "12 MB");
  EXPECT_EQ(amount_of(2'000'000'000'000), "2.0 TB");
}

TEST(Words, TellSizesInThreeDigitsAtMost) {
  EXPECT_EQ(amount_of(9'949), "9.9 kB");
  EXPECT_EQ(amount_of(9'950), "10 kB");
  EXPECT_EQ(amount_of(999'499), "999 kB");
  EXPECT_EQ(amount_of(999'500), "1.0 MB");
  EXPECT_EQ(amount_of(std::numeric_limits<std::uint64_t>::max()), "18 EB");
}

TEST(Words, TellTheLargestUnitOfASpan) {
  EXPECT_EQ(span_of(0s), "0 seconds");
  EXPECT_EQ(span_of(1s), "1 second");
  EXPECT_EQ(span_of(59s), "59 seconds");
  EXPECT_EQ(span_of(60s), "1 minute");
  EXPECT_EQ(span_of(3599s), "59 minutes");
  EXPECT_EQ(span_of(1h), "1 hour");
  EXPECT_EQ(span_of(47h), "1 day");
  EXPECT_EQ(span_of(48h), "2 days");
}

TEST(Words, TellNoNegativeSpan) {
  EXPECT_EQ(span_of(-5s), "0 seconds");
  EXPECT_EQ(span_of(std::chrono::seconds::min()), "0 seconds");
  EXPECT_EQ(span_of(std::chrono::seconds::max()), "106751991167300 days");
}

TEST(Words, TellAges) {
  EXPECT_EQ(ago(5min), "5 minutes ago");
}

TEST(Words, TellWhatWasTakenInMillisecondsBelowASecond) {
  EXPECT_EQ(took(0ms), "0 ms");
  EXPECT_EQ(took(999ms), "999 ms");
  EXPECT_EQ(took(1000ms), "1.0 s");
  EXPECT_EQ(took(12'345ms), "12.3 s");
}

TEST(Words, WriteTimesInUtc) {
  EXPECT_EQ(utc_time(std::chrono::system_clock::time_point(1'700'000'000'999ms)), "2023-11-14T22:13:20Z");
}

}  // namespace
}  // namespace hardline
