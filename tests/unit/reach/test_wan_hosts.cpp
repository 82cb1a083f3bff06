#include "hardline/reach/wan_hosts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hardline::reach {
namespace {

using asio::ip::make_address;
using asio::ip::make_address_v4;
using asio::ip::make_address_v6;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint16_t kPort = 7008;

// Addresses of the public internet, as the special blocks for examples are never listed.
constexpr auto* kHome = "81.2.69.160";
constexpr auto* kOther = "89.160.20.112";
constexpr auto* kStable = "2a02:8070::5";
constexpr auto* kStableToo = "2a02:8070::6";
constexpr auto* kTemporary = "2a02:8070::7e39";

class WanHosts : public testing::Test {
 protected:
  WanHosts() {
    seen.p2p_port = kPort;
    has("lo", "127.0.0.1");
    has("lo", "::1");
    has("eth0", "192.168.1.5");
    has("eth0", "fe80::1%1");
    has("eth0", "fd00::5");
  }

  LocalAddress& has(const std::string& interface, const std::string& address) {
    return seen.local.emplace_back(LocalAddress{interface, make_address(address)});
  }

  void gateway_says(const char* outer) {
    seen.gateway.state = PortMapperStatus::State::refused;
    seen.gateway.external_address = make_address_v4(outer);
  }

  void gateway_maps(const char* outer, std::uint16_t port) {
    gateway_says(outer);
    seen.gateway.state = PortMapperStatus::State::mapped;
    PortMapping mapping;
    mapping.internal_port = kPort;
    mapping.external_port = port;
    mapping.external_address = make_address_v4(outer);
    seen.gateway.mapping = mapping;
  }

  void dht_says(std::initializer_list<const char*> addresses) {
    for (const auto* address : addresses) seen.seen_by_dht.push_back(make_address(address));
  }

  std::vector<std::string> hosts() const {
    std::vector<std::string> texts;
    for (const auto& host : work_out(seen).wan_hosts) texts.push_back(host.to_string());
    return texts;
  }

  Nat nat() const { return work_out(seen).nat; }
  std::string told_by() const { return work_out(seen).told_by; }

  Observations seen;
};

TEST_F(WanHosts, AreNoneWhereNothingIsKnown) {
  EXPECT_THAT(hosts(), IsEmpty());
  EXPECT_EQ(nat(), Nat::unknown);
  EXPECT_EQ(told_by(), "");
  EXPECT_EQ(work_out(seen).public_v4, std::nullopt);
  EXPECT_THAT(work_out(Observations{}).wan_hosts, IsEmpty());
}

TEST_F(WanHosts, AreThePublicIpv4ThenAStableIpv6ThenYggdrasil) {
  has("ygg0", "200:1234::1");
  has("eth0", kStable);
  gateway_maps(kHome, 7009);
  EXPECT_THAT(hosts(), ElementsAre("81.2.69.160:7009", "[2a02:8070::5]:7008", "[200:1234::1]:7008"));
  EXPECT_EQ(nat(), Nat::mapped);
}

TEST_F(WanHosts, BehindARouterAreItsAddressWithTheMappedPort) {
  gateway_maps(kHome, 7011);
  EXPECT_THAT(hosts(), ElementsAre("81.2.69.160:7011"));
  EXPECT_EQ(nat(), Nat::mapped);
  EXPECT_EQ(told_by(), "the gateway");
  EXPECT_EQ(work_out(seen).public_v4, make_address_v4(kHome));
}

TEST_F(WanHosts, WithoutAMappingAssumeTheP2pPort) {
  gateway_says(kHome);
  EXPECT_THAT(hosts(), ElementsAre("81.2.69.160:7008"));
  EXPECT_EQ(nat(), Nat::unmapped);
}

TEST_F(WanHosts, AreNotCalledUnmappedWhileTheRouterIsBeingLookedFor) {
  dht_says({kHome});
  seen.gateway.state = PortMapperStatus::State::searching;
  EXPECT_EQ(nat(), Nat::unknown);
  EXPECT_THAT(hosts(), ElementsAre("81.2.69.160:7008"));
  seen.gateway.state = PortMapperStatus::State::no_gateway;
  EXPECT_EQ(nat(), Nat::unmapped);
}

TEST_F(WanHosts, TheOutsideMayAgreeWithTheRouter) {
  gateway_maps(kHome, 7011);
  dht_says({kHome});
  seen.seen_by_proxy = make_address(kOther);
  EXPECT_THAT(hosts(), ElementsAre("81.2.69.160:7011"));
  EXPECT_EQ(nat(), Nat::mapped);
}

TEST_F(WanHosts, AnInterfaceOfOnesOwnNeedsNoRouter) {
  has("eth0", kHome);
  gateway_maps(kOther, 7011);
  EXPECT_THAT(hosts(), ElementsAre("81.2.69.160:7008"));
  EXPECT_EQ(nat(), Nat::none);
  EXPECT_EQ(told_by(), "an interface");
}

TEST_F(WanHosts, OfSeveralPublicInterfacesTheOutsideChooses) {
  has("eth0", kHome);
  has("eth1", kOther);
  EXPECT_THAT(hosts(), ElementsAre("81.2.69.160:7008"));
  dht_says({kOther});
  EXPECT_THAT(hosts(), ElementsAre("89.160.20.112:7008"));
}

TEST_F(WanHosts, NeverAreADeprecatedIpv4) {
  has("eth0", kHome).deprecated = true;
  EXPECT_THAT(hosts(), IsEmpty());
  EXPECT_EQ(nat(), Nat::unknown);
}

TEST_F(WanHosts, WithoutARouterAreWhatMostOfTheDhtSees) {
  dht_says({kOther, kHome, "2a02:8070::99", kHome, "10.0.0.1", "10.0.0.1", "10.0.0.1"});
  seen.seen_by_proxy = make_address(kOther);
  EXPECT_THAT(hosts(), ElementsAre("81.2.69.160:7008"));
  EXPECT_EQ(nat(), Nat::unmapped);
  EXPECT_EQ(told_by(), "the DHT");
}

TEST_F(WanHosts, WhereTheDhtIsDividedTheFirstWordCounts) {
  dht_says({kOther, kHome});
  EXPECT_THAT(hosts(), ElementsAre("89.160.20.112:7008"));
}

TEST_F(WanHosts, WithoutTheDhtAreWhatAProxySees) {
  seen.seen_by_proxy = make_address(kHome);
  EXPECT_THAT(hosts(), ElementsAre("81.2.69.160:7008"));
  EXPECT_EQ(told_by(), "a DHT proxy");
}

TEST_F(WanHosts, KnowAnIpv4InsideAnIpv6) {
  dht_says({"::ffff:81.2.69.160"});
  EXPECT_THAT(hosts(), ElementsAre("81.2.69.160:7008"));
  seen.seen_by_dht.clear();
  seen.seen_by_proxy = make_address("::ffff:81.2.69.160");
  EXPECT_THAT(hosts(), ElementsAre("81.2.69.160:7008"));
}

TEST_F(WanHosts, BelieveNobodyWhoSeesAPrivateAddress) {
  dht_says({"192.168.1.5", "100.64.0.9", "127.0.0.1", "fe80::1", "203.0.113.7"});
  seen.seen_by_proxy = make_address("10.0.0.1");
  EXPECT_THAT(hosts(), IsEmpty());
}

TEST_F(WanHosts, OfARouterThatKnowsNoAddressAreWhatTheOutsideSeesWithTheMappedPort) {
  gateway_maps("0.0.0.0", 7011);
  EXPECT_THAT(hosts(), IsEmpty());
  EXPECT_EQ(nat(), Nat::unknown);
  dht_says({kHome});
  EXPECT_THAT(hosts(), ElementsAre("81.2.69.160:7011"));
  EXPECT_EQ(nat(), Nat::mapped);
}

TEST_F(WanHosts, BehindTwoRoutersAreWhatTheOutsideSeesWithTheP2pPort) {
  gateway_maps("192.168.178.20", 7011);
  EXPECT_THAT(hosts(), IsEmpty());
  EXPECT_EQ(nat(), Nat::double_nat);
  dht_says({kHome});
  EXPECT_THAT(hosts(), ElementsAre("81.2.69.160:7008"));
  EXPECT_EQ(nat(), Nat::double_nat);
  EXPECT_EQ(told_by(), "the DHT");
}

TEST_F(WanHosts, BehindAProvidersNatTheSame) {
  for (const auto* outer : {"100.64.0.9", "100.127.255.254", "192.0.0.2"}) {
    gateway_maps(outer, 7011);
    EXPECT_THAT(hosts(), IsEmpty());
    EXPECT_EQ(nat(), Nat::carrier_grade) << outer;
  }
  seen.seen_by_proxy = make_address(kHome);
  EXPECT_THAT(hosts(), ElementsAre("81.2.69.160:7008"));
  EXPECT_EQ(nat(), Nat::carrier_grade);
}

TEST_F(WanHosts, OfARouterThatIsNotWhomTheOutsideSeesAreBoth) {
  gateway_maps(kOther, 7011);
  dht_says({kHome});
  EXPECT_THAT(hosts(), ElementsAre("81.2.69.160:7008", "89.160.20.112:7011"));
  EXPECT_EQ(nat(), Nat::double_nat);
  EXPECT_EQ(work_out(seen).public_v4, make_address_v4(kHome));
  EXPECT_EQ(told_by(), "the DHT");
}

TEST_F(WanHosts, AMachineInsideItsProvidersNetworkIsBehindItsNat) {
  seen.local.clear();
  has("lo", "127.0.0.1");
  has("wwan0", "100.70.1.2");
  EXPECT_EQ(nat(), Nat::carrier_grade);
  dht_says({kHome});
  EXPECT_THAT(hosts(), ElementsAre("81.2.69.160:7008"));
  EXPECT_EQ(nat(), Nat::carrier_grade);
}

TEST_F(WanHosts, AVpnWithAProvidersAddressesIsNoProvider) {
  has("vpn0", "100.70.1.2");
  EXPECT_EQ(nat(), Nat::unknown);
}

TEST_F(WanHosts, HoldOneIpv6AndNeverATemporaryOrDeprecatedOne) {
  has("eth0", kTemporary).temporary = true;
  has("eth0", "2a02:8070::dead").deprecated = true;
  EXPECT_THAT(hosts(), IsEmpty());
  has("eth0", kStable);
  has("eth0", kStableToo);
  EXPECT_THAT(hosts(), ElementsAre("[2a02:8070::5]:7008"));
}

TEST_F(WanHosts, PreferTheStableIpv6ThatTheOutsideSees) {
  has("eth0", kStable);
  has("eth0", kStableToo);
  dht_says({kStableToo});
  EXPECT_THAT(hosts(), ElementsAre("[2a02:8070::6]:7008"));
  seen.seen_by_dht.clear();
  seen.seen_by_proxy = make_address(kStableToo);
  EXPECT_THAT(hosts(), ElementsAre("[2a02:8070::6]:7008"));
}

TEST_F(WanHosts, PreferTheIpv6OfTheInterfaceThatLeadsOutside) {
  has("vpn0", "2a00:1450::1");
  has("eth0", kTemporary).temporary = true;
  has("eth0", kStable);
  dht_says({kTemporary});
  EXPECT_THAT(hosts(), ElementsAre("[2a02:8070::5]:7008"));
}

TEST_F(WanHosts, PreferTheIpv6ThatAFirewallWasOpenedFor) {
  has("eth0", kStable);
  has("eth0", kStableToo);
  seen.gateway.pinholes = {make_address_v6(kStableToo)};
  EXPECT_THAT(hosts(), ElementsAre("[2a02:8070::6]:7008"));
  dht_says({kStable});
  EXPECT_THAT(hosts(), ElementsAre("[2a02:8070::5]:7008"));
}

TEST_F(WanHosts, NeverAreAnIpv6OfSomebodyElse) {
  dht_says({kStable});
  EXPECT_THAT(hosts(), IsEmpty());
}

TEST_F(WanHosts, HoldOneYggdrasilAddressThatIsInUse) {
  has("ygg0", "200::dead").deprecated = true;
  EXPECT_THAT(hosts(), IsEmpty());
  has("ygg0", "200:1234::1");
  has("ygg0", "300:1234::1");
  EXPECT_THAT(hosts(), ElementsAre("[200:1234::1]:7008"));
}

TEST_F(WanHosts, ConfiguredReplaceTheirFamily) {
  gateway_maps(kOther, 7011);
  has("eth0", kStable);
  has("ygg0", "200:1234::1");
  seen.configured = {{kHome, 443}};
  EXPECT_THAT(hosts(), ElementsAre("81.2.69.160:443", "[2a02:8070::5]:7008", "[200:1234::1]:7008"));
  EXPECT_EQ(told_by(), "the configuration");
  EXPECT_EQ(work_out(seen).public_v4, make_address_v4(kHome));
  EXPECT_EQ(nat(), Nat::unknown);

  seen.configured = {{kStableToo, 443}};
  EXPECT_THAT(hosts(), ElementsAre("89.160.20.112:7011", "[2a02:8070::6]:443"));
  EXPECT_EQ(told_by(), "the gateway");

  seen.configured = {{kStableToo, 443}, {kHome, 443}, {kHome, 444}};
  EXPECT_THAT(hosts(), ElementsAre("81.2.69.160:443", "81.2.69.160:444", "[2a02:8070::6]:443"));
}

TEST_F(WanHosts, ConfiguredMayBePrivateButNoName) {
  seen.configured = {{"home.example.org", 443}, {"10.1.2.3", 443}};
  EXPECT_THAT(hosts(), ElementsAre("10.1.2.3:443"));
}

TEST_F(WanHosts, ConfiguredWithoutAPortGetTheMappedOne) {
  seen.configured = {{kHome, 0}, {kStable, 0}};
  EXPECT_THAT(hosts(), ElementsAre("81.2.69.160:7008", "[2a02:8070::5]:7008"));
  gateway_maps(kOther, 7011);
  EXPECT_THAT(hosts(), ElementsAre("81.2.69.160:7011", "[2a02:8070::5]:7008"));
}

TEST(ExplainNat, SaysWhatToDoWhereSomethingCanBeDone) {
  for (const auto fine : {Nat::unknown, Nat::none, Nat::mapped}) EXPECT_EQ(explain(fine), "");
  EXPECT_THAT(std::string(explain(Nat::unmapped)), HasSubstr("forward the P2P port"));
  EXPECT_THAT(std::string(explain(Nat::double_nat)), HasSubstr("two routers"));
  EXPECT_THAT(std::string(explain(Nat::carrier_grade)), HasSubstr("CGNAT"));
}

}  // namespace
}  // namespace hardline::reach
