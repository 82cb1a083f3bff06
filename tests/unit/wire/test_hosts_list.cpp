#include "hardline/wire/hosts_list.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hardline::wire {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(HostsList, ReadsAddressesInTheirOrder) {
  EXPECT_THAT(parse_hosts_list("203.0.113.7:7008,[200:1234::1]:7009"),
              ElementsAre(HostPort{"203.0.113.7", 7008}, HostPort{"200:1234::1", 7009}));
}

TEST(HostsList, IgnoresSpaces) {
  EXPECT_THAT(parse_hosts_list(" a.example:1 ,\tb.example:2 "),
              ElementsAre(HostPort{"a.example", 1}, HostPort{"b.example", 2}));
}

TEST(HostsList, LeavesOutWhatMakesNoSense) {
  EXPECT_THAT(parse_hosts_list(",,203.0.113.7,203.0.113.7:0,:7008,[::1:7008,good.example:7008,203.0.113.7:70080"),
              ElementsAre(HostPort{"good.example", 7008}));
  EXPECT_THAT(parse_hosts_list(""), IsEmpty());
}

TEST(HostsList, ReadsAtMostSixteen) {
  std::string text = "nonsense";
  for (int i = 1; i <= 20; ++i) text += ",h.example:" + std::to_string(i);
  const auto hosts = parse_hosts_list(text);
  ASSERT_EQ(hosts.size(), kMaxHosts);
  EXPECT_EQ(hosts.back().port, 16);
}

TEST(HostsList, WritesWhatOldPeersRead) {
  const std::vector<HostPort> hosts{{"203.0.113.7", 7008}, {"200:1234::1", 7008}};
  EXPECT_EQ(format_hosts_list(hosts), "203.0.113.7:7008,[200:1234::1]:7008");
  EXPECT_EQ(format_hosts_list({}), "");
}

}  // namespace
}  // namespace hardline::wire
