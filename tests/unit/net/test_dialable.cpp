#include "hardline/net/dialable.hpp"

#include <gtest/gtest.h>

namespace hardline {
namespace {

bool ok(const char* host, std::uint16_t port = 7008) {
  return dialable({host, port}).has_value();
}

TEST(Dialable, TakesPublicAndYggdrasilAddresses) {
  for (const auto* host : {"8.8.8.8", "2a00:1450::1", "200:1234::1", "3ff:ffff::1", "::ffff:8.8.8.8"})
    EXPECT_TRUE(ok(host)) << host;
}

TEST(Dialable, RefusesWhatIsNotOnTheInternet) {
  for (const auto* host : {"192.168.1.2", "10.0.0.1", "172.16.0.1", "100.64.0.1", "fd00::1", "203.0.113.7",
                           "2001:db8::1", "::ffff:192.168.1.2"})
    EXPECT_FALSE(ok(host)) << host;
}

TEST(Dialable, RefusesWhatMeansAnotherHostToUs) {
  for (const auto* host : {"127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "0.1.2.3", "::", "169.254.1.1", "fe80::1",
                           "fe80::1%lo", "fe80::1%1"})
    EXPECT_FALSE(ok(host)) << host;
}

TEST(Dialable, RefusesMulticastBroadcastAndReserved) {
  for (const auto* host : {"224.0.0.1", "239.192.152.143", "255.255.255.255", "240.0.0.1", "ff02::1", "400::1", "::5"})
    EXPECT_FALSE(ok(host)) << host;
}

TEST(Dialable, RefusesNamesAndPortZero) {
  EXPECT_FALSE(ok("example.org"));
  EXPECT_FALSE(ok("localhost"));
  EXPECT_FALSE(ok(""));
  EXPECT_FALSE(ok("8.8.8.8", 0));
}

TEST(Dialable, LooksThroughMappedAddresses) {
  EXPECT_FALSE(ok("::ffff:127.0.0.1"));
  const auto endpoint = dialable({"::ffff:8.8.8.8", 7008});
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(to_host_port(*endpoint).to_string(), "8.8.8.8:7008");
}

TEST(Dialable, WritesAnAddressInItsOneCanonicalForm) {
  const auto endpoint = dialable({"200:1234:0:0::0001", 7008});
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(to_host_port(*endpoint).to_string(), "[200:1234::1]:7008");
}

}  // namespace
}  // namespace hardline
