#include "hardline/discovery/interfaces.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "discovery/lack_of_descriptors.hpp"

namespace hardline::discovery {
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

TEST(DescribeInterfaces, IsForPeople) {
  EXPECT_EQ(describe(std::vector<Interface>{}), "none");
  EXPECT_EQ(describe({with({"192.168.1.5/24", "10.1.2.3/8"})}), "eth0 192.168.1.5/24 10.1.2.3/8");
}

}  // namespace
}  // namespace hardline::discovery
