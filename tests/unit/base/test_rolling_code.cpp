#include "hardline/base/rolling_code.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/vectors.hpp"

namespace hardline {
namespace {

using std::chrono::seconds;
using std::chrono::system_clock;
using testing::ElementsAre;
using namespace std::chrono_literals;

system_clock::time_point at(seconds since_1970) {
  return system_clock::time_point(since_1970);
}

TEST(RollingCode, IsAsTheVectorsSay) {
  const auto certificates = vectors::load().at("certificates");
  ASSERT_FALSE(certificates.empty());
  for (const auto& certificate : certificates) {
    const auto key = KeyHash::parse(certificate.at("keyhash").get<std::string>());
    ASSERT_TRUE(key);
    ASSERT_FALSE(certificate.at("days").empty());
    for (const auto& day : certificate.at("days")) {
      const auto number = rolling_day(at(seconds(day.at("unix_time").get<std::int64_t>())));
      EXPECT_EQ(number, day.at("day").get<std::uint64_t>());
      EXPECT_EQ(RollingCode::of(*key, number).hex(), day.at("rolling").get<std::string>());
    }
  }
}

TEST(RollingDay, ChangesAtMidnightUtc) {
  EXPECT_EQ(rolling_day(at(86400s * 20000 - 1s)), 19999U);
  EXPECT_EQ(rolling_day(at(86400s * 20000)), 20000U);
}

TEST(RollingDay, IsZeroBefore1970) {
  EXPECT_EQ(rolling_day(at(-1s)), 0U);
  EXPECT_EQ(rolling_day(at(-86400s * 400)), 0U);
}

TEST(RollingDaysNear, AreTodayAloneAtNoon) {
  EXPECT_THAT(rolling_days_near(at(86400s * 20000 + 12h)), ElementsAre(20000));
}

TEST(RollingDaysNear, NameYesterdayUntilTwo) {
  EXPECT_THAT(rolling_days_near(at(86400s * 20000)), ElementsAre(20000, 19999));
  EXPECT_THAT(rolling_days_near(at(86400s * 20000 + 2h - 1s)), ElementsAre(20000, 19999));
  EXPECT_THAT(rolling_days_near(at(86400s * 20000 + 2h)), ElementsAre(20000));
}

TEST(RollingDaysNear, NameTomorrowFromTenInTheEvening) {
  EXPECT_THAT(rolling_days_near(at(86400s * 20001 - 2h - 1s)), ElementsAre(20000));
  EXPECT_THAT(rolling_days_near(at(86400s * 20001 - 2h)), ElementsAre(20000, 20001));
  EXPECT_THAT(rolling_days_near(at(86400s * 20001 - 1s)), ElementsAre(20000, 20001));
}

TEST(RollingDaysNear, NameNoDayBeforeTheFirst) {
  EXPECT_THAT(rolling_days_near(at(0s)), ElementsAre(0));
}

}  // namespace
}  // namespace hardline
