#include "hardline/net/interfaces.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>

#include "hardline/rt/task_group.hpp"
#include "support/lack_of_descriptors.hpp"
#include "support/network_namespace.hpp"

namespace hardline {
namespace {

using asio::ip::make_address_v4;
using asio::ip::make_network_v4;

Interface with(std::initializer_list<const char*> networks) {
  Interface interface {
    2, "eth0", false, {}
  };
  for (const auto* network : networks) interface.networks.push_back(make_network_v4(network));
  return interface;
}

std::string towards(const Interface& interface, const char* source) {
  const auto address = address_towards(interface, make_address_v4(source));
  return address ? address->to_string() : "stranger";
}

TEST(AddressTowards, IsOursOnTheSubnetOfTheSource) {
  const auto interface = with({"192.168.1.5/24", "10.1.2.3/30"});
  EXPECT_EQ(towards(interface, "192.168.1.77"), "192.168.1.5");
  EXPECT_EQ(towards(interface, "10.1.2.2"), "10.1.2.3");
  EXPECT_EQ(towards(interface, "192.168.2.77"), "stranger");
  EXPECT_EQ(towards(interface, "10.1.2.4"), "stranger");
}

TEST(AddressTowards, TakesNeitherNetworkNorBroadcastAddresses) {
  const auto interface = with({"192.168.1.5/24"});
  EXPECT_EQ(towards(interface, "192.168.1.0"), "stranger");
  EXPECT_EQ(towards(interface, "192.168.1.255"), "stranger");
  EXPECT_EQ(towards(interface, "255.255.255.255"), "stranger");
}

TEST(AddressTowards, TakesBothEndsOfAPointToPointLink) {
  const auto interface = with({"10.0.0.0/31"});
  EXPECT_EQ(towards(interface, "10.0.0.0"), "10.0.0.0");
  EXPECT_EQ(towards(interface, "10.0.0.1"), "10.0.0.0");
  EXPECT_EQ(towards(interface, "10.0.0.2"), "stranger");
}

TEST(AddressTowards, TakesOnlyItselfWhereThereIsNoSubnet) {
  const auto interface = with({"10.0.0.7/32"});
  EXPECT_EQ(towards(interface, "10.0.0.7"), "10.0.0.7");
  EXPECT_EQ(towards(interface, "10.0.0.6"), "stranger");
}

TEST(AddressTowards, TakesNoMulticastOrUnspecifiedSourceOnTheWidestSubnet) {
  const auto interface = with({"10.0.0.7/0"});
  EXPECT_EQ(towards(interface, "203.0.113.7"), "10.0.0.7");
  EXPECT_EQ(towards(interface, "239.192.152.143"), "stranger");
  EXPECT_EQ(towards(interface, "0.0.0.0"), "stranger");
}

TEST(AddressTowards, KnowsNobodyWithoutAddresses) {
  EXPECT_EQ(towards(with({}), "127.0.0.1"), "stranger");
}

TEST(SubnetAddresses, NamesEachSubnetOnce) {
  const auto addresses = subnet_addresses(with({"192.168.1.5/24", "192.168.1.6/24", "10.1.2.3/8"}));
  EXPECT_THAT(addresses, testing::ElementsAre(make_address_v4("192.168.1.5"), make_address_v4("10.1.2.3")));
}

TEST(ListInterfaces, SaysThatItCouldNotAskInsteadOfNone) {
  const test::LackOfDescriptors lack;
  const auto listed = list_interfaces();
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error(), std::errc::too_many_files_open);
}

TEST(ListAddresses, SaysThatItCouldNotAskInsteadOfNone) {
  const test::LackOfDescriptors lack;
  const auto listed = list_addresses();
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error(), std::errc::too_many_files_open);
}

/// A host with one cable, whose other end is held by nobody.
class WithNetwork : public testing::Test {
 protected:
  static void SetUpTestSuite() { reason_ = test::leave_the_real_network(); }

  void SetUp() override {
    if (reason_) GTEST_SKIP() << *reason_;
    host.emplace();
    // A veth's other end in the same namespace keeps it running.
    ip("link add eth0 type veth peer name peer0");
    write("/proc/sys/net/ipv6/conf/eth0/accept_dad", "0");
    // No addresses but the test's, which would come and be probed meanwhile.
    write("/proc/sys/net/ipv6/conf/peer0/disable_ipv6", "1");
    ip("link set eth0 addrgenmode none");
    ip("link set eth0 up");
    ip("link set peer0 up");
  }

  void ip(const std::string& arguments) { host->ip(arguments); }

  void write(const std::string& file, const std::string& text) {
    host->run([&] { std::ofstream(file) << text; });
  }

  std::vector<LocalAddress> list() {
    std::vector<LocalAddress> addresses;
    host->run([&] { addresses = list_addresses().value(); });
    return addresses;
  }

  /// Those that are called `address`.
  std::vector<LocalAddress> find(const std::string& address) {
    auto found = list();
    std::erase_if(found, [&](const LocalAddress& local) { return local.address.to_string() != address; });
    return found;
  }

  static std::vector<LocalAddress> one(const char* address, bool temporary = false, bool deprecated = false) {
    return {{"eth0", asio::ip::make_address(address), temporary, deprecated}};
  }

  static std::optional<std::string> reason_;
  std::optional<test::NetworkNamespace> host;
};

std::optional<std::string> WithNetwork::reason_;

using ListAddressesInANetwork = WithNetwork;

TEST_F(ListAddressesInANetwork, KnowsBothFamiliesAndLoopback) {
  ip("addr add 192.0.2.7/24 dev eth0");
  ip("addr add 192.0.2.8/24 dev eth0");  // a secondary one, which for IPv6 would read as temporary
  ip("addr add 2001:db8::7/64 dev eth0 nodad");
  EXPECT_EQ(find("192.0.2.7"), one("192.0.2.7"));
  EXPECT_EQ(find("192.0.2.8"), one("192.0.2.8"));
  EXPECT_EQ(find("2001:db8::7"), one("2001:db8::7"));
  EXPECT_EQ(find("127.0.0.1"), (std::vector{LocalAddress{"lo", asio::ip::make_address("127.0.0.1")}}));
  EXPECT_EQ(find("::1"), (std::vector{LocalAddress{"lo", asio::ip::make_address("::1")}}));
}

TEST_F(ListAddressesInANetwork, GivesLinkLocalOnesTheirInterface) {
  ip("addr add fe80::7/64 dev eth0 nodad");
  EXPECT_EQ(find("fe80::7"), std::vector<LocalAddress>{});
  unsigned scope = 0;
  for (const auto& local : list())
    if (local.address.is_v6() && local.address.to_v6().to_bytes()[15] == 7) scope = local.address.to_v6().scope_id();
  EXPECT_NE(scope, 0u);
}

TEST_F(ListAddressesInANetwork, PassesOverInterfacesThatAreDown) {
  ip("addr add 192.0.2.7/24 dev eth0");
  ip("link set eth0 down");
  EXPECT_EQ(find("192.0.2.7"), std::vector<LocalAddress>{});
}

TEST_F(ListAddressesInANetwork, SeesThatAnAddressIsDeprecated) {
  ip("addr add 2001:db8::7/64 dev eth0 valid_lft 600 preferred_lft 0 nodad");
  ip("addr add 192.0.2.7/24 dev eth0 valid_lft 600 preferred_lft 0");
  ip("addr add 2001:db8::8/64 dev eth0 valid_lft 600 preferred_lft 300 nodad");
  EXPECT_EQ(find("2001:db8::7"), one("2001:db8::7", false, true));
  EXPECT_EQ(find("192.0.2.7"), one("192.0.2.7", false, true));
  EXPECT_EQ(find("2001:db8::8"), one("2001:db8::8"));
}

TEST_F(ListAddressesInANetwork, SeesThatAnAddressIsTemporary) {
  write("/proc/sys/net/ipv6/conf/eth0/use_tempaddr", "2");
  ip("addr add 2001:db8::7/64 dev eth0 mngtmpaddr valid_lft 6000 preferred_lft 3000 nodad");
  std::vector<LocalAddress> stable, temporary;
  for (const auto& local : list())
    if (local.address.to_string().starts_with("2001:db8:")) (local.temporary ? temporary : stable).push_back(local);
  EXPECT_EQ(stable, one("2001:db8::7"));
  EXPECT_EQ(temporary.size(), 1u);
}

TEST_F(ListAddressesInANetwork, TakesAnAddressThatIsStillBeingProbedForUnusable) {
  write("/proc/sys/net/ipv6/conf/eth0/accept_dad", "1");
  write("/proc/sys/net/ipv6/conf/eth0/dad_transmits", "100");
  ip("link set eth0 down");
  ip("link set eth0 up");
  ip("addr add 2001:db8::7/64 dev eth0");
  EXPECT_EQ(find("2001:db8::7"), one("2001:db8::7", false, true));
}

TEST_F(ListAddressesInANetwork, KnowsAddressesWithoutASubnet) {
  ip("addr add 2001:db8::7/128 dev eth0 nodad");
  ip("addr add 192.0.2.7/32 dev eth0");
  EXPECT_EQ(find("2001:db8::7"), one("2001:db8::7"));
  EXPECT_EQ(find("192.0.2.7"), one("192.0.2.7"));
}

TEST_F(ListAddressesInANetwork, OfAPointToPointLinkNamesOurEnd) {
  ip("addr add 192.0.2.7 peer 192.0.2.9 dev eth0");
  ip("addr add 2001:db8::7 peer 2001:db8::9 dev eth0 nodad");
  EXPECT_EQ(find("192.0.2.7"), one("192.0.2.7"));
  EXPECT_EQ(find("2001:db8::7"), one("2001:db8::7"));
  EXPECT_EQ(find("192.0.2.9"), std::vector<LocalAddress>{});
  EXPECT_EQ(find("2001:db8::9"), std::vector<LocalAddress>{});
}

TEST_F(ListAddressesInANetwork, IsCompleteWhereThereAreHundreds) {
  const auto batch = testing::TempDir() + "hardline-addresses-" + std::to_string(getpid());
  std::ofstream lines(batch);
  for (int i = 0; i < 600; ++i) lines << "addr add 2001:db8::" << std::hex << i + 1 << "/64 dev eth0 nodad\n";
  lines.close();
  ip("-batch " + batch);
  std::remove(batch.c_str());
  EXPECT_GE(list().size(), 600u);
}

awaitable<void> count_changes(NetworkChanges& changes, std::atomic<int>& count) {
  for (;;) {
    const bool news = co_await changes.wait();
    if (!news) co_return;
    ++count;
  }
}

class NetworkChangesInANetwork : public WithNetwork {
 protected:
  void SetUp() override {
    WithNetwork::SetUp();
    if (IsSkipped()) return;
    ip("addr add 192.0.2.7/24 dev eth0");
    ip("addr add 2001:db8::7/64 dev eth0 valid_lft 600 preferred_lft 300 nodad");
    std::this_thread::sleep_for(kTimeToCalmDown);
    io.emplace(*host);
    io->call([&] {
      changes = std::make_unique<NetworkChanges>(io->io().get_executor());
      tasks = std::make_unique<TaskGroup>(io->io().get_executor());
      tasks->spawn("test", count_changes(*changes, count));
    });
  }

  void TearDown() override {
    if (!io) return;
    io->call([&] { changes->close(); });
    io->finish();
  }

  /// Whether a change is told, when `ip ARGUMENTS` has made it.
  bool hears(const std::string& arguments, std::chrono::milliseconds patience = kPatience) {
    const int before = count;
    ip(arguments);
    const auto give_up = std::chrono::steady_clock::now() + patience;
    while (count == before && std::chrono::steady_clock::now() < give_up)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return count != before;
  }
  bool misses(const std::string& arguments) { return !hears(arguments, kTimeToBeTold); }

  static constexpr auto kPatience = std::chrono::seconds(10);
  static constexpr auto kTimeToBeTold = std::chrono::milliseconds(600);    // three times what changes may still grow
  static constexpr auto kTimeToCalmDown = std::chrono::milliseconds(100);  // links report their being up

  std::atomic<int> count = 0;
  std::optional<test::Host> io;
  std::unique_ptr<NetworkChanges> changes;
  std::unique_ptr<TaskGroup> tasks;
};

TEST_F(NetworkChangesInANetwork, HearsThatAddressesComeAndGo) {
  EXPECT_TRUE(hears("addr add 192.0.2.8/24 dev eth0"));
  EXPECT_TRUE(hears("addr del 192.0.2.8/24 dev eth0"));
  EXPECT_TRUE(hears("addr add 2001:db8::8/64 dev eth0 nodad"));
  EXPECT_TRUE(hears("addr change 2001:db8::8/64 dev eth0 preferred_lft 0 valid_lft 600"));
}

TEST_F(NetworkChangesInANetwork, HearsThatTheWayToTheInternetIsAnother) {
  EXPECT_TRUE(hears("route add default via 192.0.2.1"));
  EXPECT_TRUE(hears("route replace default via 192.0.2.2"));
  EXPECT_TRUE(hears("route add 128.0.0.0/1 via 192.0.2.3")) << "as VPNs do";
  EXPECT_TRUE(hears("-6 route add default via 2001:db8::1"));
  EXPECT_TRUE(hears("-6 route del default"));
}

TEST_F(NetworkChangesInANetwork, PassesOverRoutesThatDoNotLeadThere) {
  EXPECT_TRUE(hears("route add default via 192.0.2.1"));
  EXPECT_TRUE(misses("route add 10.0.0.0/8 via 192.0.2.2"));
  EXPECT_TRUE(misses("route add default via 192.0.2.2 table 100"));
}

TEST_F(NetworkChangesInANetwork, PassesOverLifetimesThatAreRenewed) {
  EXPECT_TRUE(misses("addr change 2001:db8::7/64 dev eth0 valid_lft 900 preferred_lft 500"));
  EXPECT_TRUE(hears("-6 route add default via 2001:db8::1 expires 300"));
  EXPECT_TRUE(misses("-6 route replace default via 2001:db8::1 expires 600"));
}

TEST_F(NetworkChangesInANetwork, HearsThatALinkGoesDown) {
  EXPECT_TRUE(hears("link set peer0 down"));
}

TEST(DescribeInterfaces, IsForPeople) {
  EXPECT_EQ(describe(std::vector<Interface>{}), "none");
  EXPECT_EQ(describe({with({"192.168.1.5/24", "10.1.2.3/8"})}), "eth0 192.168.1.5/24 10.1.2.3/8");
}

}  // namespace
}  // namespace hardline
