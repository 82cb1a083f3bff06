#include "hardline/lan/lan_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace hardline::lan {
namespace {

using namespace std::chrono_literals;
using asio::ip::make_address;
using asio::ip::make_network_v4;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr auto kOurCookie = "ours";
constexpr auto kTheirCookie = "theirs";
constexpr std::uint16_t kTlsPort = 7008;

const KeyHash kKey = KeyHash::parse("03b131fef9459a4a73da0c27e5b9e96362859de6").value();
const KeyHash kOtherKey = KeyHash::parse("f4525bb0fb13c3ed1816607803ee2991997de13d").value();

ServiceName name(const std::string& label) {
  return ServiceName::parse(label).value();
}

udp::endpoint at(const char* address, std::uint16_t port = 40000) {
  return {make_address(address), port};
}

/// A daemon on eth0 of 192.168.1.0/24 and eth1 of 10.9.0.0/16, at noon UTC.
class LanTableTest : public testing::Test {
 protected:
  LanTableTest() { table.publish({{name("secret-" + kKey.hex()), "Photos", true}}, kTlsPort); }

  LanTable::Outcome hear(const std::string& datagram, const udp::endpoint& from) {
    return table.handle(datagram, from, eth0, now, today);
  }

  LanTable::Outcome search(const Hash160Bytes& code, const udp::endpoint& from = at("192.168.1.20")) {
    return hear(wire::format_lpd(wire::LpdSearch{code, kTheirCookie}), from);
  }

  LanTable::Outcome search_all(const udp::endpoint& from = at("192.168.1.20")) {
    return hear(wire::format_lpd(wire::LpdSearch{std::nullopt, kTheirCookie}), from);
  }

  LanTable::Outcome announce(const KeyHash& key, const char* address, std::uint16_t port = kTlsPort) {
    return hear(wire::format_lpd(wire::LpdAnnouncement{ServiceName{std::nullopt, key}, port, kTheirCookie, "Theirs"}),
                at(address));
  }

  std::vector<std::string> endpoints(const KeyHash& key) const {
    std::vector<std::string> texts;
    for (const auto& service : table.heard(key, now))
      texts.push_back(service.endpoint.address().to_string() + ":" + std::to_string(service.endpoint.port()));
    return texts;
  }

  static wire::LpdAnnouncement announcement(const LanDatagram& datagram) {
    return std::get<wire::LpdAnnouncement>(wire::parse_lpd(datagram.text).value());
  }

  static std::vector<LanDatagram> unicast(const LanTable::Outcome& outcome) {
    auto replies = outcome.send;
    std::erase_if(replies, [](const LanDatagram& reply) { return reply.to == lan_group(); });
    return replies;
  }

  static std::size_t multicast_count(const LanTable::Outcome& outcome) {
    return outcome.send.size() - unicast(outcome).size();
  }

  Hash160Bytes code(std::chrono::system_clock::time_point when) const {
    return RollingCode::of(kKey, rolling_day(when)).bytes();
  }

  LanTable::SteadyTime now{1000h};
  LanTable::SystemTime midnight{std::chrono::days(20779)};
  LanTable::SystemTime today = midnight + 12h;
  Interface eth0{2, "eth0", false, {make_network_v4("192.168.1.5/24")}};
  Interface eth1{3, "eth1", false, {make_network_v4("10.9.0.1/16")}};
  LanTable table{kOurCookie, now};
};

TEST_F(LanTableTest, AnswersTodaysCodeToTheAskerAndToTheGroup) {
  const auto outcome = search(code(today));
  ASSERT_THAT(outcome.send, SizeIs(2));
  EXPECT_EQ(outcome.send[0].to, at("192.168.1.20"));
  EXPECT_EQ(outcome.send[1].to, lan_group());
  for (const auto& reply : outcome.send) {
    EXPECT_EQ(reply.interface, eth0.index);
    EXPECT_EQ(reply.from.to_string(), "192.168.1.5");
    EXPECT_EQ(announcement(reply).name.key, kKey);
    EXPECT_EQ(announcement(reply).port, kTlsPort);
    EXPECT_EQ(announcement(reply).title, "Photos");
    EXPECT_EQ(announcement(reply).cookie, kOurCookie);
  }
}

TEST_F(LanTableTest, AnswersAsTheAddressOnTheAskersOwnSubnet) {
  eth0.networks = {make_network_v4("192.168.1.5/24"), make_network_v4("172.20.0.5/16")};
  const auto outcome = search(code(today), at("172.20.7.7"));
  ASSERT_THAT(outcome.send, SizeIs(2));
  EXPECT_EQ(outcome.send[0].from.to_string(), "172.20.0.5");
  EXPECT_EQ(outcome.send[1].from.to_string(), "172.20.0.5");
}

TEST_F(LanTableTest, AnswersYesterdaysCodeForTwoHoursOfTheDay) {
  const auto yesterday = code(midnight - 1h);
  today = midnight + 119min;
  EXPECT_THAT(search(yesterday).send, SizeIs(2));
  today = midnight + 121min;
  EXPECT_THAT(search(yesterday).send, IsEmpty());
}

TEST_F(LanTableTest, AnswersTomorrowsCodeInTheLastTwoHoursOfTheDay) {
  const auto tomorrow = code(midnight + 25h);
  today = midnight + 24h - 121min;
  EXPECT_THAT(search(tomorrow).send, IsEmpty());
  today = midnight + 24h - 119min;
  EXPECT_THAT(search(tomorrow).send, SizeIs(2));
}

TEST_F(LanTableTest, AnswersThePlainKeyHashOfVeryOldPeers) {
  EXPECT_THAT(search(kKey.bytes()).send, SizeIs(2));
}

TEST_F(LanTableTest, IsSilentAboutWhatItHasNot) {
  EXPECT_THAT(search(kOtherKey.bytes()).send, IsEmpty());
  EXPECT_THAT(search(RollingCode::of(kOtherKey, rolling_day(today)).bytes()).send, IsEmpty());
}

TEST_F(LanTableTest, TellsOnlyListedServicesToTheEmptySearch) {
  table.publish({{name(kKey.hex()), "Open", true}, {name(kOtherKey.hex()), "Private", false}}, kTlsPort);
  const auto replies = unicast(search_all());
  ASSERT_THAT(replies, SizeIs(1));
  EXPECT_EQ(announcement(replies[0]).title, "Open");
  EXPECT_THAT(search(kOtherKey.bytes()).send, SizeIs(2)) << "whoever knows its code is answered";
}

TEST_F(LanTableTest, TellsThePasswordToWhoeverKnowsTheServiceAndToNobodyElse) {
  const auto known = search(code(today));
  ASSERT_THAT(known.send, SizeIs(2));
  EXPECT_EQ(announcement(known.send[0]).name.label(), "secret-" + kKey.hex());
  EXPECT_EQ(known.send[1].to, lan_group());
  EXPECT_EQ(announcement(known.send[1]).name.label(), kKey.hex());
  now += 2s;
  const auto list = search_all();
  ASSERT_THAT(list.send, SizeIs(2));
  for (const auto& reply : list.send) EXPECT_EQ(announcement(reply).name.label(), kKey.hex());
}

TEST_F(LanTableTest, LeavesAHiddenPasswordOut) {
  table.publish({{name(kKey.hex()), "Photos", true}}, kTlsPort);
  const auto replies = unicast(search(code(today)));
  ASSERT_THAT(replies, SizeIs(1));
  EXPECT_FALSE(announcement(replies[0]).name.password);
}

TEST_F(LanTableTest, IsSilentUntilThePortIsKnown) {
  table.publish({{name(kKey.hex()), "Photos", true}}, 0);
  EXPECT_THAT(search(code(today)).send, IsEmpty());
}

TEST_F(LanTableTest, IsSilentAboutServicesThatAreNoLongerPublished) {
  table.publish({}, kTlsPort);
  EXPECT_THAT(search(code(today)).send, IsEmpty());
  EXPECT_THAT(search_all().send, IsEmpty());
}

TEST_F(LanTableTest, IgnoresItsOwnDatagrams) {
  EXPECT_THAT(hear(table.search_all(), at("192.168.1.5")).send, IsEmpty());
  const auto own = search(code(today)).send.at(0).text;
  EXPECT_FALSE(hear(own, at("192.168.1.5")).heard);
  EXPECT_THAT(table.heard(now), IsEmpty());
}

TEST_F(LanTableTest, AnswersOnlyHostsOfTheReceivingInterfacesSubnet) {
  for (const auto* stranger : {"192.168.2.20", "10.9.0.7", "127.0.0.1", "203.0.113.7", "192.168.1.255", "192.168.1.0",
                               "255.255.255.255", "239.192.152.143", "0.0.0.0", "::1"}) {
    EXPECT_THAT(search(code(today), at(stranger)).send, IsEmpty()) << stranger;
    EXPECT_FALSE(announce(kOtherKey, stranger).heard) << stranger;
  }
  EXPECT_THAT(search(code(today), at("192.168.1.20", 0)).send, IsEmpty()) << "no answer can reach port 0";
  EXPECT_THAT(table.heard(now), IsEmpty());
}

TEST_F(LanTableTest, IgnoresOtherProtocolsOnItsPort) {
  const auto bittorrent = "BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\nPort: 6881\r\nInfohash: x\r\n\r\n\r\n";
  const auto outcome = hear(bittorrent, at("192.168.1.20"));
  EXPECT_THAT(outcome.send, IsEmpty());
  EXPECT_FALSE(outcome.heard);
}

TEST_F(LanTableTest, MulticastsAnAnswerOnceASecondOnEachInterface) {
  EXPECT_EQ(multicast_count(search(code(today))), 1u);
  now += 900ms;
  EXPECT_EQ(multicast_count(search(code(today))), 0u);
  const auto question = wire::format_lpd(wire::LpdSearch{code(today), kTheirCookie});
  EXPECT_EQ(multicast_count(table.handle(question, at("10.9.3.3"), eth1, now, today)), 1u);
  now += 100ms;
  EXPECT_EQ(multicast_count(search(code(today))), 1u);
}

TEST_F(LanTableTest, IsNoReflectorForASpoofedSource) {
  std::size_t answers = 0;
  for (int i = 0; i < 1000; ++i) answers += unicast(search(code(today))).size();
  EXPECT_EQ(answers, 20u);
}

TEST_F(LanTableTest, TellsAllItsServicesToRepeatedEmptySearches) {
  std::vector<LanService> services;
  for (std::uint8_t i = 0; i < 45; ++i) services.push_back({{std::nullopt, KeyHash({i})}, "s", true});
  table.publish(services, kTlsPort);
  std::set<KeyHash> told;
  for (int i = 0; i < 3; ++i, now += 2s)
    for (const auto& reply : unicast(search_all())) told.insert(announcement(reply).name.key);
  EXPECT_THAT(told, SizeIs(45));
}

TEST_F(LanTableTest, HearsAnAnnouncementAtTheSendersAddress) {
  const auto heard = announce(kOtherKey, "192.168.1.30", 7009).heard;
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->name.key, kOtherKey);
  EXPECT_EQ(heard->title, "Theirs");
  EXPECT_THAT(endpoints(kOtherKey), ElementsAre("192.168.1.30:7009"));
  EXPECT_THAT(endpoints(kKey), IsEmpty());
}

TEST_F(LanTableTest, ForgetsWhatItHeardAfter90Seconds) {
  announce(kOtherKey, "192.168.1.30");
  now += 89s;
  EXPECT_THAT(endpoints(kOtherKey), SizeIs(1));
  now += 1s;
  EXPECT_THAT(endpoints(kOtherKey), IsEmpty());
  EXPECT_THAT(table.heard(now), IsEmpty());
}

TEST_F(LanTableTest, NamesTheNewestFirstAndEachOnce) {
  announce(kOtherKey, "192.168.1.30");
  announce(kOtherKey, "192.168.1.31");
  announce(kOtherKey, "192.168.1.30");
  EXPECT_THAT(endpoints(kOtherKey), ElementsAre("192.168.1.30:7008", "192.168.1.31:7008"));
}

TEST_F(LanTableTest, ForgetsAnEndpointThatWasNotTheService) {
  announce(kOtherKey, "192.168.1.30");
  announce(kOtherKey, "192.168.1.31");
  table.forget(kOtherKey, {make_address("192.168.1.31"), kTlsPort});
  EXPECT_THAT(endpoints(kOtherKey), ElementsAre("192.168.1.30:7008"));
}

TEST_F(LanTableTest, OneSourceHoldsTwoEndpointsOfAKeyAndEvictsNobodyElse) {
  announce(kOtherKey, "192.168.1.30");
  for (std::uint16_t port = 1; port < 100; ++port) announce(kOtherKey, "192.168.1.66", port);
  EXPECT_THAT(endpoints(kOtherKey), ElementsAre("192.168.1.66:99", "192.168.1.66:98", "192.168.1.30:7008"));
}

TEST_F(LanTableTest, KeepsTheEightNewestEndpointsOfAKey) {
  for (int i = 1; i <= 20; ++i) announce(kOtherKey, ("192.168.1." + std::to_string(100 + i)).c_str());
  const auto kept = endpoints(kOtherKey);
  ASSERT_THAT(kept, SizeIs(kMaxHeardPerKey));
  EXPECT_EQ(kept.front(), "192.168.1.120:7008");
  EXPECT_EQ(kept.back(), "192.168.1.113:7008");
}

TEST_F(LanTableTest, AFloodOfKeysFromOneSourceWashesNobodyElsesAway) {
  announce(kOtherKey, "192.168.1.30");
  for (int i = 0; i < 2000; ++i)
    announce(KeyHash({static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i), 1}), "192.168.1.66");
  EXPECT_THAT(table.heard(now), SizeIs(kMaxHeard));
  EXPECT_THAT(endpoints(kOtherKey), SizeIs(1));
}

TEST_F(LanTableTest, SearchesForTodaysCodeAndNearMidnightForTheNeighboursToo) {
  const auto codes = [&] {
    std::vector<Hash160Bytes> found;
    for (const auto& text : table.search_for(kKey, today))
      found.push_back(std::get<wire::LpdSearch>(wire::parse_lpd(text).value()).code.value());
    return found;
  };
  EXPECT_THAT(codes(), ElementsAre(code(midnight)));
  today = midnight + 1h;
  EXPECT_THAT(codes(), ElementsAre(code(midnight), code(midnight - 1h)));
  today = midnight + 23h;
  EXPECT_THAT(codes(), ElementsAre(code(midnight), code(midnight + 24h)));
}

TEST(LanCookie, IsARandomUuidOfVersion4) {
  const auto cookie = make_cookie();
  EXPECT_THAT(cookie, testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_NE(cookie, make_cookie());
}

}  // namespace
}  // namespace hardline::lan
