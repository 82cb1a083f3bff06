#include "hardline/tunnel/dial_order.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hardline::tunnel {
namespace {

using namespace std::chrono_literals;
using find::Candidate;
using find::Source;

using testing::ElementsAre;

using testing::IsEmpty;
using testing::SizeIs;

Candidate far(const std::string& address, Source source = Source::remembered, std::string by = {}) {
  return {{asio::ip::make_address(address), 7008}, source, std::move(by)};
}

Candidate neighbour(const std::string& address) {
  return far(address, Source::lan);
}

class DialOrderTest : public testing::Test {
 protected:
  /// What begins now, by address.
  std::vector<std::string> begin() {
    std::vector<std::string> begun;
    while (const auto next = order.next(now)) {
      EXPECT_EQ(next->id, ids++) << "ids count";
      begun.push_back(next->candidate.endpoint.address().to_string());
    }
    return begun;
  }

  /// As begin(), at the time when the order wants to be asked again.
  std::vector<std::string> begin_next() {
    const auto wake = order.wake_at();
    if (wake == DialOrder::Time::max()) return {};
    now = std::max(now, wake);
    return begin();
  }

  void add_many(int count, const std::string& prefix = "203.0.113.") {
    for (int i = 1; i <= count; ++i) order.add(far(prefix + std::to_string(i)));
  }

  DialOrder::Time now{1h};
  DialOrder::Time start = now;
  DialOrder order{DialTimes()};
  DialOrder::Id ids = 0;
};

TEST_F(DialOrderTest, NeighboursBeginAtOnce) {
  for (const auto* address : {"192.168.1.2", "192.168.1.3", "192.168.1.4"}) order.add(neighbour(address));
  EXPECT_THAT(begin(), ElementsAre("192.168.1.2", "192.168.1.3", "192.168.1.4"));
  EXPECT_EQ(order.wake_at(), DialOrder::Time::max());
}

TEST_F(DialOrderTest, OthersBeginAQuarterOfASecondApart) {
  add_many(3);
  EXPECT_THAT(begin(), ElementsAre("203.0.113.1"));
  EXPECT_EQ(order.wake_at(), start + 250ms);
  now += 249ms;
  EXPECT_THAT(begin(), IsEmpty());
  EXPECT_THAT(begin_next(), ElementsAre("203.0.113.2"));
  EXPECT_THAT(begin_next(), ElementsAre("203.0.113.3"));
  EXPECT_EQ(now, start + 500ms);
}

TEST_F(DialOrderTest, NeighboursDelayNobodyElse) {
  order.add(neighbour("192.168.1.2"));
  order.add(far("203.0.113.1"));
  EXPECT_THAT(begin(), ElementsAre("192.168.1.2", "203.0.113.1"));
}

TEST_F(DialOrderTest, TheNextBeginsAtOnceWhenOneHasFailed) {
  add_many(3);
  begin();
  order.ended(0, true);
  EXPECT_THAT(begin(), ElementsAre("203.0.113.2"));
  EXPECT_THAT(begin(), IsEmpty());
}

TEST_F(DialOrderTest, AnEndpointIsTriedOnce) {
  order.add(far("203.0.113.1"));
  order.add(far("203.0.113.1", Source::dht));
  EXPECT_THAT(begin(), SizeIs(1));
  order.ended(0, true);
  order.add(neighbour("203.0.113.1"));
  EXPECT_THAT(begin(), IsEmpty());
  EXPECT_TRUE(order.idle());
}

TEST_F(DialOrderTest, ManyBeginWithinFourSeconds) {
  for (int i = 1; i <= 100; ++i) order.add(far("203.0.113." + std::to_string(i)));
  std::size_t begun = 0;
  for (DialOrder::Id id = 0; begun < 100; id = begun) {
    begun += begin_next().size();
    for (auto ended = id; ended < begun; ++ended) order.ended(ended, false);  // there is a place for all
  }
  EXPECT_LE(now, start + 4s);
  EXPECT_GE(now, start + 3500ms) << "and not all at once";
}

TEST_F(DialOrderTest, SoManyThatTheyWouldTakeLongerStillBeginOneByOne) {
  for (int i = 0; i < 256; ++i) order.add(far("203.0." + std::to_string(i) + ".1"));
  begin();
  EXPECT_EQ(order.wake_at(), start + 20ms);
}

TEST_F(DialOrderTest, NewOnesShortenTheWait) {
  order.add(far("8.8.8.8"));
  begin();
  add_many(80);
  EXPECT_EQ(order.wake_at(), start + 50ms);
}

TEST_F(DialOrderTest, FamiliesTakeTurnsWhereBothWait) {
  for (const auto* address : {"203.0.113.1", "203.0.113.2", "2001:db8::1", "2001:db8::2", "203.0.113.3"})
    order.add(far(address));
  std::vector<std::string> begun = begin();
  while (begun.size() < 5) begun.push_back(begin_next().at(0));
  EXPECT_THAT(begun, ElementsAre("203.0.113.1", "2001:db8::1", "203.0.113.2", "2001:db8::2", "203.0.113.3"));
}

TEST_F(DialOrderTest, SourcesTakeTurnsSoThatNoForgerDelaysAnother) {
  for (int i = 1; i <= 50; ++i) order.add(far("8.8.8." + std::to_string(i), Source::dht_proxy, "http://evil.example"));
  order.add(far("203.0.113.1", Source::dht_proxy, "http://good.example"));
  order.add(far("203.0.113.2", Source::dht));
  order.add(far("203.0.113.3", Source::remembered));
  std::vector<std::string> begun = begin();
  while (begun.size() < 4) begun.push_back(begin_next().at(0));
  EXPECT_THAT(begun, ElementsAre("8.8.8.1", "203.0.113.1", "203.0.113.2", "203.0.113.3"));
}

TEST_F(DialOrderTest, ABoundedNumberIsTriedAtATime) {
  for (int i = 1; i <= 30; ++i) order.add(far("203.0.113." + std::to_string(i)));
  std::size_t begun = 0;
  while (order.running() < DialOrder::kMaxAtATime) begun += begin_next().size();
  EXPECT_EQ(begun, DialOrder::kMaxAtATime);
  now += 400ms;
  EXPECT_THAT(begin(), IsEmpty());
  order.ended(3, true);
  EXPECT_THAT(begin(), SizeIs(1));
}

TEST_F(DialOrderTest, SilentNeighboursLeavePlacesToOthers) {
  for (int i = 1; i <= 20; ++i) order.add(neighbour("192.168.1." + std::to_string(i)));
  order.add(far("203.0.113.1"));
  EXPECT_THAT(begin(), SizeIs(DialOrder::kMaxOnLan + 1));
}

TEST_F(DialOrderTest, WhatTakesLongGivesItsPlaceUp) {
  add_many(40);
  while (order.running() < DialOrder::kMaxAtATime) begin_next();
  EXPECT_EQ(order.wake_at(), start + 1500ms);
  now = start + 1499ms;
  EXPECT_EQ(order.to_give_way(now), std::nullopt);
  now += 1ms;
  EXPECT_EQ(order.to_give_way(now), 0u);
  EXPECT_EQ(order.to_give_way(now), std::nullopt) << "one for each that waits: this one's place is free soon";
  EXPECT_THAT(begin(), IsEmpty());
  order.ended(0, true);
  EXPECT_THAT(begin(), SizeIs(1));
}

TEST_F(DialOrderTest, NothingGivesWayWhereNobodyWaits) {
  add_many(16);
  while (order.running() < 16) begin_next();
  now += 1min;
  EXPECT_EQ(order.to_give_way(now), std::nullopt);
  EXPECT_EQ(order.wake_at(), DialOrder::Time::max());
}

TEST_F(DialOrderTest, WhatHasConnectedGivesWayLast) {
  add_many(40);
  while (order.running() < DialOrder::kMaxAtATime) begin_next();
  order.connected(0);
  now += 1500ms;
  EXPECT_EQ(order.to_give_way(now), 1u);
}

TEST_F(DialOrderTest, ANeighbourTakesANeighboursPlace) {
  order.add(far("203.0.113.1"));
  begin();
  now += 1s;
  for (int i = 1; i <= 9; ++i) order.add(neighbour("192.168.1." + std::to_string(i)));
  EXPECT_THAT(begin(), SizeIs(DialOrder::kMaxOnLan));
  now += 1s;
  EXPECT_EQ(order.to_give_way(now), std::nullopt) << "that the far one is old helps no neighbour";
  now += 500ms;
  EXPECT_EQ(order.to_give_way(now), 1u);
}

TEST_F(DialOrderTest, AHundredThatSwallowEverythingDelayTheTrueOneByTenSeconds) {
  for (int i = 1; i <= 100; ++i) order.add(far("203.0.113." + std::to_string(i), Source::dht));
  order.add(far("8.8.8.8", Source::dht));
  for (;;) {
    const auto wake = order.wake_at();
    ASSERT_NE(wake, DialOrder::Time::max());
    now = std::max(now, wake);
    if (const auto id = order.to_give_way(now)) order.ended(*id, true);
    const auto next = order.next(now);
    if (next && next->candidate.endpoint.address().to_string() == "8.8.8.8") break;
  }
  EXPECT_LT(now, start + 10s);
}

TEST_F(DialOrderTest, TheWholeEffortIsBounded) {
  for (int i = 0; i < 512; ++i) order.add(far("203.0." + std::to_string(i % 256) + "." + std::to_string(1 + i / 256)));
  std::size_t begun = 0;
  while (!order.idle()) {
    const auto more = begin_next().size();
    for (std::size_t i = 0; i < more; ++i) order.ended(begun++, true);
  }
  EXPECT_EQ(begun, DialOrder::kMaxInAll);
  EXPECT_EQ(order.wake_at(), DialOrder::Time::max());
}

TEST_F(DialOrderTest, ASuspectGivesOthersAStart) {
  order.add(neighbour("192.168.1.2"), start + 250ms);
  EXPECT_THAT(begin(), IsEmpty());
  EXPECT_EQ(order.wake_at(), start + 250ms);
  order.add(neighbour("192.168.1.3"));
  order.add(far("203.0.113.1"));
  EXPECT_THAT(begin(), ElementsAre("192.168.1.3", "203.0.113.1"));
  EXPECT_THAT(begin_next(), ElementsAre("192.168.1.2"));
}

TEST_F(DialOrderTest, ASuspectGoesLast) {
  order.add(far("203.0.113.1"), start);
  add_many(3, "8.8.8.");
  std::vector<std::string> begun = begin();
  while (begun.size() < 4) begun.push_back(begin_next().at(0));
  EXPECT_EQ(begun.back(), "203.0.113.1");
}

TEST_F(DialOrderTest, IsIdleWhenNothingRunsOrWaits) {
  EXPECT_TRUE(order.idle());
  add_many(2);
  EXPECT_FALSE(order.idle());
  begin();
  order.ended(0, false);
  EXPECT_FALSE(order.idle());
  order.drop_waiting();
  EXPECT_TRUE(order.idle());
}

}  // namespace
}  // namespace hardline::tunnel
