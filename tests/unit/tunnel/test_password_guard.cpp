#include "hardline/tunnel/password_guard.hpp"

#include <gtest/gtest.h>

namespace hardline::tunnel {
namespace {

using namespace std::chrono_literals;
using Clock = PasswordGuard::Clock;

class PasswordGuardTest : public testing::Test {
 protected:
  static asio::ip::address address(const std::string& text) { return asio::ip::make_address(text); }

  std::optional<Clock::duration> turn(const std::string& from) { return guard.take_turn(address(from), service, now); }

  void fail_times(int times, const std::string& from) {
    for (int i = 0; i < times; ++i) guard.failed(address(from), service, now);
  }

  PasswordGuard guard;
  KeyHash service{Hash160Bytes{1}};
  KeyHash other_service{Hash160Bytes{2}};
  Clock::time_point now{1000h};
};

constexpr auto kNoWait = Clock::duration::zero();
const std::string kSomebody = "192.0.2.1";
const std::string kSomebodyElse = "192.0.2.2";

TEST_F(PasswordGuardTest, TheFirstFailuresAreFree) {
  EXPECT_EQ(turn(kSomebody), kNoWait);
  fail_times(PasswordGuard::kFreeFailures - 1, kSomebody);
  EXPECT_EQ(turn(kSomebody), kNoWait);
}

TEST_F(PasswordGuardTest, TheNextWaitsAndEachWaitsTwiceAsLong) {
  fail_times(PasswordGuard::kFreeFailures, kSomebody);
  for (auto expected = Clock::duration(PasswordGuard::kFirstTurn); expected < PasswordGuard::kLongestTurn;
       expected *= 2) {
    EXPECT_EQ(turn(kSomebody), expected);
    now += expected;
    fail_times(1, kSomebody);
  }
}

TEST_F(PasswordGuardTest, ATurnIsNeverLongerThanTheLongest) {
  fail_times(1000, kSomebody);
  EXPECT_EQ(turn(kSomebody), PasswordGuard::kLongestTurn);
}

TEST_F(PasswordGuardTest, AttemptsMadeTogetherWaitOneAfterAnother) {
  fail_times(PasswordGuard::kFreeFailures, kSomebody);
  EXPECT_EQ(turn(kSomebody), PasswordGuard::kFirstTurn);
  EXPECT_EQ(turn(kSomebody), 2 * PasswordGuard::kFirstTurn);
  EXPECT_EQ(turn(kSomebody), 3 * PasswordGuard::kFirstTurn);
}

TEST_F(PasswordGuardTest, AQueueThatIsTooLongTakesNobodyMore) {
  fail_times(PasswordGuard::kFreeFailures, kSomebody);
  const auto room = PasswordGuard::kLongestQueue / PasswordGuard::kFirstTurn;
  for (int i = 0; i < room; ++i) ASSERT_TRUE(turn(kSomebody)) << i;
  EXPECT_EQ(turn(kSomebody), std::nullopt);
  EXPECT_EQ(turn(kSomebody), std::nullopt);
}

TEST_F(PasswordGuardTest, WhoWasTurnedAwayTakesNoPlaceInTheQueue) {
  fail_times(PasswordGuard::kFreeFailures, kSomebody);
  while (turn(kSomebody)) {
  }
  now += PasswordGuard::kFirstTurn;
  EXPECT_EQ(turn(kSomebody), PasswordGuard::kLongestQueue);
}

TEST_F(PasswordGuardTest, AddressesDoNotWaitForEachOther) {
  fail_times(10, kSomebody);
  EXPECT_EQ(turn(kSomebodyElse), kNoWait);
}

TEST_F(PasswordGuardTest, ServicesAreCountedApart) {
  fail_times(10, kSomebody);
  EXPECT_EQ(guard.take_turn(address(kSomebody), other_service, now), kNoWait);
}

TEST_F(PasswordGuardTest, AnIpv6HouseholdIsOneAddress) {
  fail_times(PasswordGuard::kFreeFailures, "2001:db8:0:1::1");
  EXPECT_EQ(turn("2001:db8:0:1:ffff:ffff:ffff:ffff"), PasswordGuard::kFirstTurn);
  EXPECT_EQ(turn("2001:db8:0:2::1"), kNoWait);
}

TEST_F(PasswordGuardTest, Ipv4AddressesInIpv6FormAreNoHousehold) {
  fail_times(PasswordGuard::kFreeFailures, "::ffff:192.0.2.1");
  EXPECT_EQ(turn("::ffff:192.0.2.2"), kNoWait);
}

TEST_F(PasswordGuardTest, TheRightPasswordClearsTheRecord) {
  fail_times(10, kSomebody);
  guard.succeeded(address(kSomebody), service);
  EXPECT_EQ(turn(kSomebody), kNoWait);
}

TEST_F(PasswordGuardTest, FailuresAreForgottenAfterAWhile) {
  fail_times(10, kSomebody);
  now += PasswordGuard::kForgetAfter + 1s;
  EXPECT_EQ(turn(kSomebody), kNoWait);
}

TEST_F(PasswordGuardTest, FreeFailuresAreForgottenToo) {
  fail_times(PasswordGuard::kFreeFailures - 1, kSomebody);
  now += PasswordGuard::kForgetAfter + 1s;
  fail_times(1, kSomebody);
  EXPECT_EQ(turn(kSomebody), kNoWait);
}

TEST_F(PasswordGuardTest, RemembersNoMoreThanItsTableHolds) {
  const auto nth = [](std::size_t n) { return asio::ip::address_v4(0x0a000000u + static_cast<std::uint32_t>(n)); };
  for (std::size_t n = 0; n <= PasswordGuard::kMaxRemembered; ++n) {
    now += 1ms;
    for (int i = 0; i < PasswordGuard::kFreeFailures; ++i) guard.failed(nth(n), service, now);
  }
  EXPECT_EQ(guard.take_turn(nth(0), service, now), kNoWait) << "the oldest makes room";
  EXPECT_EQ(guard.take_turn(nth(PasswordGuard::kMaxRemembered), service, now), PasswordGuard::kFirstTurn);
}

}  // namespace
}  // namespace hardline::tunnel
