#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hardline/reach/gateway.hpp"
#include "reach/home_lab.hpp"
#include "reach/scripted_igd.hpp"

namespace hardline::reach {
namespace {

using namespace std::chrono_literals;
using asio::ip::make_address_v4;
using asio::ip::make_address_v6;
using std::chrono::steady_clock;
using test::in;
using testing::IsEmpty;
using testing::SizeIs;

using Gateways = std::vector<std::shared_ptr<Gateway>>;

constexpr std::uint16_t kPort = 7008;
const MappingRequest kRequest{kPort, kPort, 3600s};

class UpnpGatewayTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto reason = test::HomeLab::missing()) GTEST_SKIP() << *reason;
    lab.emplace();
  }

  Gateways found_from(const test::NetworkNamespace& network) { return in(network, find_upnp_gateways); }

  std::optional<test::HomeLab> lab;
};

TEST_F(UpnpGatewayTest, FindsTheRouterAndWhatItSaysOfItself) {
  lab->start_miniupnpd();
  const auto found = found_from(lab->home);
  ASSERT_THAT(found, testing::Not(IsEmpty()));
  EXPECT_EQ(found[0]->protocol(), "UPnP IGDv2");
  EXPECT_EQ(found[0]->description(), "10.1.0.1");
  EXPECT_EQ(found[0]->internal_address(), make_address_v4("10.1.0.11"));
  const auto external = in(lab->home, [&] { return found[0]->external_address(); });
  EXPECT_EQ(external, make_address_v4("11.0.0.1"));
}

TEST_F(UpnpGatewayTest, KnowsTheFirstVersionToo) {
  lab->start_miniupnpd("force_igd_desc_v1=yes\n");
  const auto found = found_from(lab->neighbour);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0]->protocol(), "UPnP IGDv1");
  const auto mapped = in(lab->neighbour, [&] { return found[0]->map(kRequest); });
  EXPECT_TRUE(mapped);
}

TEST_F(UpnpGatewayTest, FindsNobodyInABoundedTime) {
  const auto begun = steady_clock::now();
  EXPECT_THAT(found_from(lab->home), IsEmpty());
  EXPECT_LT(steady_clock::now() - begun, 4s);
}

TEST_F(UpnpGatewayTest, LetsPeopleInUntilItIsUnmapped) {
  lab->start_miniupnpd();
  const auto found = found_from(lab->home);
  ASSERT_THAT(found, testing::Not(IsEmpty()));
  auto& gateway = *found[0];
  test::Host home(lab->home);
  const auto service =
      home.call([&] { return std::make_shared<tcp::acceptor>(home.io(), tcp::endpoint(tcp::v4(), kPort)); });
  EXPECT_FALSE(test::can_connect(lab->outside, "11.0.0.1", kPort));

  const auto there_before = in(lab->home, [&] { return gateway.has_mapping(kPort, kPort); });
  EXPECT_FALSE(there_before.value_or(false));
  const auto granted = in(lab->home, [&] { return gateway.map(kRequest); });
  ASSERT_TRUE(granted);
  EXPECT_EQ(granted->external_port, kPort);
  EXPECT_EQ(granted->lease, 3600s);
  EXPECT_TRUE(test::can_connect(lab->outside, "11.0.0.1", kPort));
  EXPECT_EQ(in(lab->home, [&] { return gateway.has_mapping(kPort, kPort); }), true);
  EXPECT_EQ(in(lab->home, [&] { return gateway.has_mapping(kPort, 80); }), false);
  EXPECT_TRUE(in(lab->home, [&] { return gateway.map(kRequest); })) << "a renewal is no conflict";

  lab->home.run([&] { gateway.unmap(kPort, kPort); });
  EXPECT_FALSE(test::can_connect(lab->outside, "11.0.0.1", kPort));
}

TEST_F(UpnpGatewayTest, NeitherTakesNorTakesAwayTheMappingOfANeighbour) {
  lab->start_miniupnpd("secure_mode=no\n");
  const auto ours = found_from(lab->home), theirs = found_from(lab->neighbour);
  ASSERT_THAT(ours, testing::Not(IsEmpty()));
  ASSERT_THAT(theirs, testing::Not(IsEmpty()));
  ASSERT_TRUE(in(lab->neighbour, [&] { return theirs[0]->map(kRequest); }));
  EXPECT_EQ(in(lab->home, [&] { return ours[0]->map(kRequest); }), tl::unexpected(MappingError::conflict));
  lab->home.run([&] { ours[0]->unmap(kPort, kPort); });
  EXPECT_EQ(in(lab->neighbour, [&] { return theirs[0]->has_mapping(kPort, kPort); }), true);
}

TEST_F(UpnpGatewayTest, DoesNotTakeTheMappingOfAnotherProgramOfThisHost) {
  lab->start_miniupnpd();
  const auto found = found_from(lab->home);
  ASSERT_THAT(found, testing::Not(IsEmpty()));
  const MappingRequest other{kPort, 8080, 3600s};
  ASSERT_TRUE(in(lab->home, [&] { return found[0]->map(other); }));
  EXPECT_EQ(in(lab->home, [&] { return found[0]->map(kRequest); }), tl::unexpected(MappingError::conflict));
}

TEST_F(UpnpGatewayTest, SaysThatARouterIsSilent) {
  lab->start_miniupnpd();
  const auto found = found_from(lab->home);
  ASSERT_THAT(found, testing::Not(IsEmpty()));
  lab->cut_miniupnpd();
  EXPECT_EQ(in(lab->home, [&] { return found[0]->has_mapping(kPort, kPort); }),
            tl::unexpected(MappingError::no_answer));
  EXPECT_EQ(in(lab->home, [&] { return found[0]->map(kRequest); }), tl::unexpected(MappingError::no_answer));
  EXPECT_EQ(in(lab->home, [&] { return found[0]->external_address(); }), tl::unexpected(MappingError::no_answer));
}

/// By whichever gateway will: a router opens them for whom speaks to it over IPv6.
tl::expected<std::string, MappingError> open_pinhole(const Gateways& gateways, const asio::ip::address_v6& address,
                                                     const std::string& id = "") {
  tl::expected<std::string, MappingError> result = tl::unexpected(MappingError::unsupported);
  for (const auto& gateway : gateways)
    if (!result) result = gateway->open_pinhole(address, kPort, 3600s, id);
  return result;
}

TEST_F(UpnpGatewayTest, OpensPinholesForEachOfOurAddresses) {
  lab->home.ip("-6 addr add 2001:470:1::12/64 dev lan nodad");
  lab->start_miniupnpd();
  const auto found = found_from(lab->home);
  const auto first = in(lab->home, [&] { return open_pinhole(found, make_address_v6("2001:470:1::11")); });
  const auto second = in(lab->home, [&] { return open_pinhole(found, make_address_v6("2001:470:1::12")); });
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_NE(*first, *second);
  EXPECT_EQ(in(lab->home, [&] { return open_pinhole(found, make_address_v6("2001:470:1::11"), *first); }), first);
}

TEST_F(UpnpGatewayTest, OpensAPinholeAgainWhoseIdIsForgotten) {
  lab->start_miniupnpd();
  const auto found = found_from(lab->home);
  const auto address = make_address_v6("2001:470:1::11");
  const auto opened = in(lab->home, [&] { return open_pinhole(found, address, "4711"); });
  ASSERT_TRUE(opened);
  lab->home.run([&] {
    for (const auto& gateway : found) gateway->close_pinhole(address, *opened);
  });
  const auto again = in(lab->home, [&] { return open_pinhole(found, address, *opened); });
  ASSERT_TRUE(again);
  EXPECT_NE(*again, *opened) << "it was closed";
}

/// Routers that say what miniupnpd never does.
class ScriptedIgdTest : public UpnpGatewayTest {
 protected:
  std::shared_ptr<Gateway> the_gateway() {
    const auto found = found_from(lab->home);
    EXPECT_THAT(found, SizeIs(1));
    return found.empty() ? nullptr : found[0];
  }
  MappingError refusal(Gateway& gateway) {
    const auto answer = in(lab->home, [&] { return gateway.map(kRequest); });
    return answer ? throw std::runtime_error("it was mapped") : answer.error();
  }
};

TEST_F(ScriptedIgdTest, ItsErrorsAreUnderstood) {
  test::ScriptedIgd igd(lab->router, "10.1.0.1");
  const auto gateway = the_gateway();
  ASSERT_TRUE(gateway);
  const std::pair<int, MappingError> cases[] = {
      {718, MappingError::conflict},       {729, MappingError::conflict}, {725, MappingError::only_permanent},
      {402, MappingError::only_permanent}, {606, MappingError::refused},  {401, MappingError::unsupported},
  };
  for (const auto& [code, error] : cases) {
    igd.answer("AddPortMapping", code);
    EXPECT_EQ(refusal(*gateway), error) << code;
  }
}

TEST_F(ScriptedIgdTest, IsNotAskedForAPortThatItSaysIsTaken) {
  test::ScriptedIgd igd(lab->router, "10.1.0.1");
  const auto gateway = the_gateway();
  ASSERT_TRUE(gateway);
  igd.answer("AddPortMapping", {});
  igd.answer("GetSpecificPortMappingEntry",
             {{"NewInternalClient", "10.1.0.99"}, {"NewInternalPort", "7008"}, {"NewEnabled", "1"}});
  EXPECT_EQ(refusal(*gateway), MappingError::conflict);
  EXPECT_EQ(igd.asked("AddPortMapping"), 0);
}

TEST_F(ScriptedIgdTest, ItsConnectionThatIsUpIsTaken) {
  test::ScriptedIgd igd(lab->router, "10.1.0.1");
  igd.answer("GetStatusInfo", {{"NewConnectionStatus", "Disconnected"}, {"NewUptime", "0"}});
  igd.answer("PPP:GetStatusInfo", {{"NewConnectionStatus", "Connected"}, {"NewUptime", "5"}});
  igd.answer("PPP:GetExternalIPAddress", {{"NewExternalIPAddress", "10.64.1.2"}});
  const auto gateway = the_gateway();
  ASSERT_TRUE(gateway);
  EXPECT_EQ(in(lab->home, [&] { return gateway->external_address(); }), make_address_v4("10.64.1.2"))
      << "a private address is told as it is";
}

TEST_F(ScriptedIgdTest, CannotSendUsElsewhere) {
  test::ScriptedIgd igd(lab->router, "10.1.0.1");
  igd.announce("http://11.0.0.1:5555/root.xml");
  EXPECT_THAT(found_from(lab->home), IsEmpty());
  igd.announce("http://router.example:5555/root.xml");
  EXPECT_THAT(found_from(lab->home), IsEmpty());
  EXPECT_EQ(igd.asked("root"), 0);
}

}  // namespace
}  // namespace hardline::reach
