#include "hardline/lan/reply_limiter.hpp"

#include <gtest/gtest.h>

namespace hardline::lan {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::address_v4;
using boost::asio::ip::make_address_v4;

const ReplyLimiter::TimePoint kStart{1000h};
const auto kAlice = make_address_v4("192.0.2.1");
const auto kBob = make_address_v4("192.0.2.2");

int admitted(ReplyLimiter& limiter, const address_v4& source, ReplyLimiter::TimePoint now, int attempts) {
  int count = 0;
  for (int i = 0; i < attempts; ++i) count += limiter.admit_to(source, now);
  return count;
}

TEST(ReplyLimiter, LetsABurstThroughThenTenASecond) {
  ReplyLimiter limiter(kStart);
  EXPECT_EQ(admitted(limiter, kAlice, kStart, 100), 20);
  EXPECT_EQ(admitted(limiter, kAlice, kStart + 1s, 100), 10);
  EXPECT_EQ(admitted(limiter, kAlice, kStart + 1050ms, 100), 0);
  EXPECT_EQ(admitted(limiter, kAlice, kStart + 1h, 100), 20);
}

TEST(ReplyLimiter, OneSourceDoesNotUseUpAnothersShare) {
  ReplyLimiter limiter(kStart);
  admitted(limiter, kAlice, kStart, 1000);
  EXPECT_EQ(admitted(limiter, kBob, kStart, 100), 20);
}

TEST(ReplyLimiter, LimitsAllSourcesTogether) {
  ReplyLimiter limiter(kStart);
  int count = 0;
  for (unsigned i = 0; i < 100; ++i) count += admitted(limiter, address_v4(0xc0000200u + i), kStart, 5);
  EXPECT_EQ(count, 100);
  EXPECT_FALSE(limiter.admit_to_all(kStart));
  EXPECT_TRUE(limiter.admit_to_all(kStart + 10ms));
  EXPECT_FALSE(limiter.admit_to_all(kStart + 10ms));
}

TEST(ReplyLimiter, KeepsABoundedTableUnderAFloodOfSpoofedSources) {
  ReplyLimiter limiter(kStart);
  for (unsigned i = 0; i < 100'000; ++i) {
    limiter.admit_to(address_v4(0x0a000000u + i), kStart + i * 1ms);
    ASSERT_LE(limiter.sources(), kMaxReplySources);
  }
  const auto afterwards = kStart + 103s;
  EXPECT_EQ(admitted(limiter, kAlice, afterwards, 100), 20) << "a rest makes room again";
}

}  // namespace
}  // namespace hardline::lan
