#include "hardline/net/address_scope.hpp"

#include <gtest/gtest.h>

namespace hardline {
namespace {

asio::ip::address ip(const char* text) {
  return asio::ip::make_address(text);
}

TEST(AddressScope, PublicAddressesAreGlobal) {
  for (const auto* text : {"1.0.0.1", "11.0.0.1", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1",
                           "192.0.1.1", "223.255.255.254", "2000::1", "2001:200::1", "2a00:1450::1", "3ffe::1"})
    EXPECT_TRUE(is_global_unicast(ip(text))) << text;
}

TEST(AddressScope, SpecialAddressesAreNot) {
  for (const auto* text : {"0.0.0.0",     "10.1.2.3",    "100.64.0.0",      "100.127.255.255", "127.0.0.1",
                           "169.254.1.1", "172.16.0.1",  "172.31.255.255",  "192.0.0.8",       "192.0.2.1",
                           "192.88.99.1", "192.168.1.1", "198.18.0.1",      "198.19.255.255",  "198.51.100.1",
                           "203.0.113.1", "224.0.0.1",   "240.0.0.1",       "255.255.255.255", "::",
                           "::1",         "fe80::1",     "fc00::1",         "ff02::1",         "200::1",
                           "2001::1",     "2001:db8::1", "2002:101:101::1", "3fff:fff::1",     "::ffff:8.8.8.8",
                           "64:ff9b::1"})
    EXPECT_FALSE(is_global_unicast(ip(text))) << text;
}

TEST(AddressScope, AnIpv4AddressInsideOfIpv6IsTakenOut) {
  EXPECT_EQ(unmapped(ip("::ffff:11.0.0.1")), ip("11.0.0.1"));
  for (const auto* text : {"11.0.0.1", "2a00:1450::1", "::", "::11.0.0.1"})
    EXPECT_EQ(unmapped(ip(text)), ip(text)) << text;
}

TEST(AddressScope, YggdrasilIs200SlashSeven) {
  for (const auto* text : {"200::1", "2ff:1::1", "3ff::1", "201:db8::1"}) EXPECT_TRUE(is_yggdrasil(ip(text))) << text;
  for (const auto* text : {"1ff::1", "400::1", "2000::1", "2.0.0.1"}) EXPECT_FALSE(is_yggdrasil(ip(text))) << text;
}

TEST(AddressScope, PrivateIsRfc1918AndUniqueLocal) {
  for (const auto* text : {"10.0.0.1", "172.16.0.1", "192.168.0.1", "fc00::1", "fdff::1"})
    EXPECT_TRUE(is_private(ip(text))) << text;
  for (const auto* text : {"100.64.0.1", "11.0.0.1", "192.169.0.1", "fe80::1", "2a00::1"})
    EXPECT_FALSE(is_private(ip(text))) << text;
}

TEST(AddressScope, CarrierGradeNatIsRfc6598) {
  EXPECT_TRUE(is_carrier_grade_nat(ip("100.64.0.1")));
  EXPECT_TRUE(is_carrier_grade_nat(ip("100.127.255.254")));
  EXPECT_FALSE(is_carrier_grade_nat(ip("100.128.0.1")));
  EXPECT_FALSE(is_carrier_grade_nat(ip("fc00::1")));
}

}  // namespace
}  // namespace hardline
