#include "hardline/base/ip_address.hpp"

#include <gtest/gtest.h>

namespace hardline {
namespace {

std::string parsed(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address ? address->to_string() : "none";
}

TEST(IpAddress, IsWrittenInItsOneForm) {
  EXPECT_EQ(parsed("203.0.113.7"), "203.0.113.7");
  EXPECT_EQ(parsed("2001:DB8:0:0::1"), "2001:db8::1");
  EXPECT_EQ(parsed("::ffff:203.0.113.7"), "::ffff:203.0.113.7");
}

TEST(IpAddress, MayNameAnInterface) {
  EXPECT_EQ(parsed("fe80::1%eth0"), "fe80::1%eth0");
  EXPECT_EQ(IpAddress::parse("fe80::1%eth0")->scope, "eth0");
  for (const auto* text : {"fe80::1%", "fe80::1%a b", "fe80::1%a/b", "fe80::1%a%b", "fe80::1%\r\n", "192.0.2.1%eth0",
                           "fe80::1%sixteen.letters."})
    EXPECT_EQ(parsed(text), "none") << text;
}

TEST(IpAddress, IsNoName) {
  using namespace std::string_view_literals;
  for (const auto text : {""sv, "localhost"sv, "192.0.2"sv, "192.0.2.256"sv, "[::1]"sv, "192.0.2.1:80"sv,
                          " 192.0.2.1"sv, "192.0.2.1\0x"sv, "%eth0"sv})
    EXPECT_EQ(parsed(text), "none") << text;
}

TEST(IpAddress, TellsWhatIsNoSingleMachine) {
  EXPECT_TRUE(IpAddress::parse("0.0.0.0")->is_unspecified());
  EXPECT_TRUE(IpAddress::parse("::")->is_unspecified());
  EXPECT_FALSE(IpAddress::parse("::1")->is_unspecified());
  EXPECT_TRUE(IpAddress::parse("224.0.0.1")->is_multicast());
  EXPECT_TRUE(IpAddress::parse("239.255.255.250")->is_multicast());
  EXPECT_FALSE(IpAddress::parse("223.255.255.255")->is_multicast());
  EXPECT_FALSE(IpAddress::parse("240.0.0.1")->is_multicast());
  EXPECT_TRUE(IpAddress::parse("ff02::1")->is_multicast());
  EXPECT_FALSE(IpAddress::parse("fe80::1")->is_multicast());
}

}  // namespace
}  // namespace hardline
