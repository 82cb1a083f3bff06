#include "hardline/base/host_port.hpp"

#include <gtest/gtest.h>

namespace hardline {
namespace {

TEST(Port, Is1To65535) {
  EXPECT_EQ(parse_port("1"), 1);
  EXPECT_EQ(parse_port("65535"), 65535);
  for (const char* text : {"", "0", "65536", "99999999999", "-1", "+1", " 1", "1 ", "0x1", "1.0", "a"})
    EXPECT_FALSE(parse_port(text)) << text;
}

TEST(HostPort, ReadsNamesAndAddresses) {
  EXPECT_EQ(HostPort::parse("wiki.example:80"), (HostPort{"wiki.example", 80}));
  EXPECT_EQ(HostPort::parse("203.0.113.7:7008"), (HostPort{"203.0.113.7", 7008}));
  EXPECT_EQ(HostPort::parse("[2001:db8::1]:7008"), (HostPort{"2001:db8::1", 7008}));
}

TEST(HostPort, RefusesWhatIsNeither) {
  for (const char* text :
       {"", ":", ":80", "host", "host:", "host:0", "host:x", "[]:80", "[::1]", "::1:80", "[::1:80", "::1]:80",
        "[host]:80", "ho st:80", "ho/st:80", "a,b:80", "[[::1]]:80", "h\xc3\xb6st:80", "host\n:80"})
    EXPECT_FALSE(HostPort::parse(text)) << text;
}

TEST(HostPort, BoundsTheHost) {
  EXPECT_TRUE(HostPort::parse(std::string(253, 'a') + ":80"));
  EXPECT_FALSE(HostPort::parse(std::string(254, 'a') + ":80"));
}

TEST(HostPort, WritesWhatItReads) {
  for (const char* text : {"wiki.example:80", "203.0.113.7:7008", "[2001:db8::1]:7008"})
    EXPECT_EQ(HostPort::parse(text)->to_string(), text);
}

}  // namespace
}  // namespace hardline
