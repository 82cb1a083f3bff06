#include "dht/dht_socket.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <future>

#include "hardline/rt/asio.hpp"

namespace hardline::dht {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto kPatience = 10s;
const std::vector<std::uint8_t> kHello = {'h', 'e', 'l', 'l', 'o'};

::dht::SockAddr at(const char* address, std::uint16_t port) {
  const tcp::endpoint endpoint(asio::ip::make_address(address), port);
  return ::dht::SockAddr(endpoint.data(), static_cast<socklen_t>(endpoint.size()));
}

/// The next datagram that a DhtSocket receives.
class Receiver {
 public:
  explicit Receiver(DhtSocket& socket) {
    socket.setOnReceive([this](::dht::net::PacketList&& packets) {
      for (auto& packet : packets) received_.set_value(std::move(packet));
      return ::dht::net::PacketList{};
    });
  }

  ::dht::net::ReceivedPacket get() {
    auto received = received_.get_future();
    if (received.wait_for(kPatience) != std::future_status::ready) throw std::runtime_error("nothing was received");
    return received.get();
  }

 private:
  std::promise<::dht::net::ReceivedPacket> received_;
};

void expect_passes(DhtSocket& from, DhtSocket& to, const char* address) {
  Receiver receiver(to);
  ASSERT_EQ(from.sendTo(at(address, to.port()), kHello.data(), kHello.size(), false), 0);
  const auto packet = receiver.get();
  EXPECT_EQ(packet.data, kHello);
  EXPECT_EQ(packet.from.getPort(), from.port());
  to.setOnReceive({});
}

TEST(DhtSocket, CarriesDatagramsOfBothFamilies) {
  DhtSocket a(0), b(0);
  expect_passes(a, b, "127.0.0.1");
  if (a.hasIPv6() && b.hasIPv6()) expect_passes(b, a, "::1");
}

TEST(DhtSocket, HasOnePortForBothFamilies) {
  DhtSocket socket(0);
  EXPECT_NE(socket.port(), 0);
  EXPECT_EQ(socket.getBoundRef(AF_INET).getPort(), socket.port());
  if (socket.hasIPv6()) {
    EXPECT_EQ(socket.getBoundRef(AF_INET6).getPort(), socket.port());
  }
}

TEST(DhtSocket, TakesAFreePortWhereItsOwnIsTakenAndSaysSo) {
  DhtSocket first(0);
  EXPECT_THAT(first.problem(), IsEmpty());
  DhtSocket second(first.port());
  EXPECT_NE(second.port(), first.port());
  EXPECT_THAT(second.problem(), HasSubstr("UDP port " + std::to_string(first.port())));
  expect_passes(first, second, "127.0.0.1");
}

TEST(DhtSocket, TakesAFreePortForBothFamiliesWhereItsOwnIsTakenInOne) {
  asio::io_context io;
  udp::socket ipv6(io);
  AsioError no_ipv6;
  ipv6.open(udp::v6(), no_ipv6);
  if (!no_ipv6) ipv6.set_option(asio::ip::v6_only(true));
  if (!no_ipv6) ipv6.bind({udp::v6(), 0}, no_ipv6);
  if (no_ipv6) GTEST_SKIP() << "no IPv6 here";
  const DhtSocket socket(ipv6.local_endpoint().port());
  EXPECT_TRUE(socket.hasIPv4());
  EXPECT_TRUE(socket.hasIPv6());
  EXPECT_NE(socket.port(), ipv6.local_endpoint().port());
  EXPECT_EQ(socket.getBoundRef(AF_INET6).getPort(), socket.port());
}

TEST(DhtSocket, WorksBeyondDescriptor1023) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  auto limit = before;
  limit.rlim_cur = std::min<rlim_t>(2048, limit.rlim_max);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  std::vector<UniqueFd> many;
  while (many.empty() || (many.back() && many.back().get() < 1100))
    many.emplace_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const bool enough = static_cast<bool>(many.back());
  if (enough) {
    DhtSocket a(0), b(0);
    expect_passes(a, b, "127.0.0.1");
  }
  many.clear();
  setrlimit(RLIMIT_NOFILE, &before);
  if (!enough) GTEST_SKIP() << "so many descriptors are not permitted here";
}

TEST(DhtSocket, SaysThatAFamilyIsMissing) {
  DhtSocket socket(0);
  EXPECT_EQ(socket.sendTo({}, kHello.data(), kHello.size(), false), EAFNOSUPPORT);
}

TEST(DhtSocket, MayBeStoppedTwice) {
  DhtSocket socket(0);
  socket.stop();
  socket.stop();
}

}  // namespace
}  // namespace hardline::dht
