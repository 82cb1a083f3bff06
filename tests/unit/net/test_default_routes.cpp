#include "hardline/net/default_routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace hardline {
namespace {

using asio::ip::make_address_v4;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kHeader[] =
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT                     \n";

std::vector<asio::ip::address_v4> parse(const std::string& lines) {
  std::istringstream table(kHeader + lines);
  return parse_default_routers(table);
}

TEST(DefaultRouters, AreThoseOfRoutesToEverywhere) {
  EXPECT_THAT(parse("eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
                    "eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
                    "eth0\t0000000A\t0201A8C0\t0003\t0\t0\t0\t000000FF\t0\t0\t0\n"),
              ElementsAre(make_address_v4("192.168.1.1")));
}

TEST(DefaultRouters, AreNotInRoutesThatCoverHalfOfEverywhere) {
  EXPECT_THAT(parse("tun0\t00000000\t0108080A\t0003\t0\t0\t0\t00000080\t0\t0\t0\n"), IsEmpty());
}

TEST(DefaultRouters, ComeByMetricAndOnce) {
  EXPECT_THAT(parse("wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
                    "eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
                    "eth1\t00000000\t0102A8C0\t0003\t0\t0\t700\t00000000\t0\t0\t0\n"),
              ElementsAre(make_address_v4("192.168.2.1"), make_address_v4("192.168.1.1")));
}

TEST(DefaultRouters, AreNotWhereARouteLeadsIntoATunnel) {
  EXPECT_THAT(parse("wg0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n"), IsEmpty());
}

TEST(DefaultRouters, AreNoneInAnEmptyTable) {
  EXPECT_THAT(parse(""), IsEmpty());
}

}  // namespace
}  // namespace hardline
