#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hardline/reach/gateway.hpp"
#include "reach/home_lab.hpp"

namespace hardline::reach {
namespace {

using namespace std::chrono_literals;
using asio::ip::make_address_v4;
using std::chrono::steady_clock;
using test::in;
using testing::IsEmpty;
using testing::SizeIs;

using Gateways = std::vector<std::shared_ptr<Gateway>>;

constexpr std::uint16_t kPort = 7008;
const MappingRequest kRequest{kPort, kPort, 3600s};

/// With a real miniupnpd.
class NatPmpGatewayTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto reason = test::HomeLab::missing()) GTEST_SKIP() << *reason;
    lab.emplace();
  }

  std::optional<test::HomeLab> lab;
};

TEST_F(NatPmpGatewayTest, FindsTheDefaultRouter) {
  lab->start_miniupnpd();
  const auto found = in(lab->home, find_nat_pmp_gateways);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0]->protocol(), "NAT-PMP");
  EXPECT_EQ(found[0]->description(), "10.1.0.1");
  EXPECT_EQ(found[0]->internal_address(), make_address_v4("10.1.0.11"));
  EXPECT_EQ(in(lab->home, [&] { return found[0]->external_address(); }), make_address_v4("11.0.0.1"));
}

TEST_F(NatPmpGatewayTest, LetsPeopleInUntilItIsUnmapped) {
  lab->start_miniupnpd();
  const auto found = in(lab->home, find_nat_pmp_gateways);
  ASSERT_THAT(found, SizeIs(1));
  auto& gateway = *found[0];
  test::Host home(lab->home);
  const auto service =
      home.call([&] { return std::make_shared<tcp::acceptor>(home.io(), tcp::endpoint(tcp::v4(), kPort)); });
  const auto granted = in(lab->home, [&] { return gateway.map(kRequest); });
  ASSERT_TRUE(granted);
  EXPECT_EQ(granted->external_port, kPort);
  EXPECT_EQ(granted->lease, 3600s);
  EXPECT_TRUE(test::can_connect(lab->outside, "11.0.0.1", kPort));
  EXPECT_TRUE(in(lab->home, [&] { return gateway.map(kRequest); })) << "a renewal is no conflict";
  lab->home.run([&] { gateway.unmap(kPort, kPort); });
  EXPECT_FALSE(test::can_connect(lab->outside, "11.0.0.1", kPort));
}

TEST_F(NatPmpGatewayTest, IsGivenAnotherPortThanThatOfANeighbour) {
  lab->start_miniupnpd();
  const auto ours = in(lab->home, find_nat_pmp_gateways), theirs = in(lab->neighbour, find_nat_pmp_gateways);
  ASSERT_THAT(ours, SizeIs(1));
  ASSERT_THAT(theirs, SizeIs(1));
  ASSERT_TRUE(in(lab->neighbour, [&] { return theirs[0]->map(kRequest); }));
  const auto granted = in(lab->home, [&] { return ours[0]->map(kRequest); });
  ASSERT_TRUE(granted);
  EXPECT_NE(granted->external_port, kPort);
}

TEST_F(NatPmpGatewayTest, DoesNotWaitForARouterWithoutIt) {
  const auto begun = steady_clock::now();
  EXPECT_THAT(in(lab->home, find_nat_pmp_gateways), IsEmpty());
  EXPECT_LT(steady_clock::now() - begun, 1s) << "it says that nobody listens there";
}

TEST_F(NatPmpGatewayTest, FindsNobodyWithoutADefaultRoute) {
  lab->start_miniupnpd();
  lab->home.ip("route del default");
  EXPECT_THAT(in(lab->home, find_nat_pmp_gateways), IsEmpty());
}

/// A router whose answers are the test's.
class ScriptedNatPmp {
 public:
  ScriptedNatPmp(const test::NetworkNamespace& network, std::function<std::string(const std::string&)> answer)
      : host_(network), answer_(std::move(answer)) {
    host_.call([this] {
      socket_.emplace(host_.io(), udp::endpoint(udp::v4(), 5351));
      receive();
    });
  }
  ScriptedNatPmp(const ScriptedNatPmp&) = delete;
  ScriptedNatPmp& operator=(const ScriptedNatPmp&) = delete;
  ~ScriptedNatPmp() {
    host_.call([this] { socket_->close(); });
    host_.finish();
  }

  int requests() {
    return host_.call([this] { return requests_; });
  }

 private:
  void receive() {
    socket_->async_receive_from(asio::buffer(datagram_), from_, [this](const AsioError& error, std::size_t size) {
      if (error) return;
      ++requests_;
      const auto answer = answer_(std::string(datagram_, size));
      if (!answer.empty()) socket_->send_to(asio::buffer(answer), from_);
      receive();
    });
  }

  test::Host host_;
  std::function<std::string(const std::string&)> answer_;
  std::optional<udp::socket> socket_;
  udp::endpoint from_;
  char datagram_[64];
  int requests_ = 0;
};

std::string big_endian(std::uint32_t number, int octets) {
  std::string text;
  for (int shift = 8 * (octets - 1); shift >= 0; shift -= 8) text += static_cast<char>(number >> shift);
  return text;
}

constexpr std::uint32_t kEpoch = 1000;

/// RFC 6886 sections 3.2 and 3.3.
std::string response(const std::string& request, std::uint32_t result = 0) {
  const auto head = big_endian(0, 1) + big_endian(128U + static_cast<unsigned char>(request[1]), 1) +
                    big_endian(result, 2) + big_endian(kEpoch, 4);
  if (request.size() == 2) return head + big_endian(0x64400102, 4);  // 100.64.1.2
  return head + request.substr(4, 8);
}

TEST_F(NatPmpGatewayTest, GivesUpOnASilentRouterAfterAFewTries) {
  ScriptedNatPmp silent(lab->router, [](const std::string&) { return ""; });
  const auto begun = steady_clock::now();
  EXPECT_THAT(in(lab->home, find_nat_pmp_gateways), IsEmpty());
  EXPECT_LT(steady_clock::now() - begun, 2s);
  EXPECT_GE(silent.requests(), 2) << "a datagram may get lost";
}

TEST_F(NatPmpGatewayTest, TellsAnAddressBehindAnotherNatAsItIs) {
  ScriptedNatPmp router(lab->router, [](const std::string& request) { return response(request); });
  const auto found = in(lab->home, find_nat_pmp_gateways);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(in(lab->home, [&] { return found[0]->external_address(); }), make_address_v4("100.64.1.2"));
}

TEST_F(NatPmpGatewayTest, UnderstandsARefusal) {
  ScriptedNatPmp router(lab->router, [&](const std::string& request) {
    return response(request, request.size() == 2 ? 0 : 2);  // not authorised
  });
  const auto found = in(lab->home, find_nat_pmp_gateways);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(in(lab->home, [&] { return found[0]->map(kRequest); }), tl::unexpected(MappingError::refused));
}

TEST_F(NatPmpGatewayTest, NeverAsksForAPermanentLeaseWhichWouldUnmap) {
  ScriptedNatPmp router(lab->router, [&](const std::string& request) { return response(request); });
  const auto found = in(lab->home, find_nat_pmp_gateways);
  ASSERT_THAT(found, SizeIs(1));
  const auto before = router.requests();
  EXPECT_FALSE(in(lab->home, [&] { return found[0]->map({kPort, kPort, 0s}); }));
  EXPECT_EQ(router.requests(), before);
}

}  // namespace
}  // namespace hardline::reach
