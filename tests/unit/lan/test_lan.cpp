#include "hardline/lan/lan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

#include "hardline/rt/task_group.hpp"
#include "support/lack_of_descriptors.hpp"
#include "support/network_namespace.hpp"

namespace hardline::lan {
namespace {

using namespace std::chrono_literals;
using asio::ip::make_address;
using std::chrono::steady_clock;
using testing::Contains;
using testing::IsEmpty;
using testing::SizeIs;

constexpr auto kPatience = 10s;         // of a test that is about to fail
constexpr auto kTimeToNotice = 1500ms;  // changes of the network: the kernel takes up to a second to tell
constexpr std::uint16_t kTlsPort = 7008;

const KeyHash kKey = KeyHash::parse("03b131fef9459a4a73da0c27e5b9e96362859de6").value();

std::vector<LanService> photos() {
  return {{ServiceName{Password::parse("secret"), kKey}, "Photos", true}};
}

/// A Lan on a host of its own.
class Peer {
 public:
  explicit Peer(const test::NetworkNamespace& network) : host_(network) {
    host_.call([this] {
      lan_ = std::make_unique<Lan>(host_.io().get_executor());
      tasks_ = std::make_unique<TaskGroup>(host_.io().get_executor());
      tasks_->spawn("lan", lan_->run());
    });
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() {
    host_.call([this] { lan_->close(); });
    host_.finish();
  }

  void publish() {
    host_.call([this] { lan_->publish(photos(), kTlsPort); });
  }
  void search() {
    host_.call([this] { lan_->search(kKey); });
  }
  void search_all() {
    host_.call([this] { lan_->search_all(); });
  }

  std::vector<std::string> heard() {
    return host_.call([this] {
      std::vector<std::string> texts;
      for (const auto& service : lan_->heard(kKey))
        texts.push_back(service.endpoint.address().to_string() + ":" + std::to_string(service.endpoint.port()));
      return texts;
    });
  }

  /// Waits for an endpoint; asks again now and then, as a person does who reloads a page.
  bool hears(const std::string& endpoint) {
    const auto give_up = steady_clock::now() + kPatience;
    while (steady_clock::now() < give_up) {
      const auto known = heard();
      if (std::find(known.begin(), known.end(), endpoint) != known.end()) return true;
      search();
      std::this_thread::sleep_for(20ms);
    }
    return false;
  }

 private:
  test::Host host_;
  std::unique_ptr<Lan> lan_;
  std::unique_ptr<TaskGroup> tasks_;
};

/// A UDP socket as old programs use one.
class PlainSocket {
 public:
  PlainSocket(const test::NetworkNamespace& network, const udp::endpoint& at) : socket_(io_) {
    network.run([&] {
      socket_.open(udp::v4());
      socket_.set_option(udp::socket::reuse_address(true));
      socket_.set_option(asio::socket_base::broadcast(true));
      const int on = 1;
      setsockopt(socket_.native_handle(), IPPROTO_IP, IP_RECVTTL, &on, sizeof on);
      socket_.bind(at);
    });
  }

  void join(const char* address) { use(IP_ADD_MEMBERSHIP, address); }
  void multicast_from(const char* address) { use(IP_MULTICAST_IF, address); }

  void send(const std::string& text, const udp::endpoint& to) { socket_.send_to(asio::buffer(text), to); }

  struct Datagram {
    std::string text;
    udp::endpoint from;
    int ttl = 0;
  };

  std::optional<Datagram> receive(std::chrono::milliseconds patience = kPatience) {
    pollfd wait{socket_.native_handle(), POLLIN, 0};
    if (poll(&wait, 1, static_cast<int>(patience.count())) != 1) return std::nullopt;
    Datagram datagram{std::string(2000, '\0'), {}, 0};
    alignas(cmsghdr) char control[256];
    iovec text{datagram.text.data(), datagram.text.size()};
    msghdr message{
        datagram.from.data(), static_cast<socklen_t>(datagram.from.capacity()), &text, 1, control, sizeof control, 0};
    const auto length = recvmsg(socket_.native_handle(), &message, 0);
    if (length < 0) return std::nullopt;
    datagram.text.resize(static_cast<std::size_t>(length));
    for (auto* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header))
      if (header->cmsg_type == IP_TTL) std::memcpy(&datagram.ttl, CMSG_DATA(header), sizeof datagram.ttl);
    return datagram;
  }

 private:
  void use(int option, const char* address) {
    ip_mreqn request{};
    request.imr_multiaddr.s_addr = htonl(lan_group().address().to_v4().to_uint());
    request.imr_address.s_addr = htonl(asio::ip::make_address_v4(address).to_uint());
    ASSERT_EQ(setsockopt(socket_.native_handle(), IPPROTO_IP, option, &request, sizeof request), 0);
  }

  asio::io_context io_;
  udp::socket socket_;
};

/// Changes veth0 of a host.
class LinkControl {
 public:
  explicit LinkControl(const test::NetworkNamespace& network) : socket_(io_) {
    network.run([&] { socket_.open(udp::v4()); });
  }

  void set(int flags) const {
    ifreq link{};
    std::strcpy(link.ifr_name, "veth0");
    link.ifr_flags = static_cast<short>(flags);
    ASSERT_EQ(ioctl(socket_.native_handle(), SIOCSIFFLAGS, &link), 0);
  }

 private:
  asio::io_context io_;
  mutable udp::socket socket_;
};

class LanTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto reason = test::leave_the_real_network()) GTEST_SKIP() << *reason;
    here.emplace();
    there.emplace();
  }

  void connect() { test::connect(*here, "192.0.2.1/24", *there, "192.0.2.2/24"); }

  static std::string search_text() {
    const auto code = RollingCode::of(kKey, rolling_day(std::chrono::system_clock::now()));
    return wire::format_lpd(wire::LpdSearch{code.bytes(), "an-old-client"});
  }

  static std::optional<wire::LpdAnnouncement> announcement(const std::optional<PlainSocket::Datagram>& datagram) {
    if (!datagram) return std::nullopt;
    const auto message = wire::parse_lpd(datagram->text);
    if (!message || !std::holds_alternative<wire::LpdAnnouncement>(*message)) return std::nullopt;
    return std::get<wire::LpdAnnouncement>(*message);
  }

  std::optional<test::NetworkNamespace> here, there;
};

TEST_F(LanTest, TwoDaemonsOfOneMachineFindEachOtherOverLoopback) {
  Peer server(*here), client(*here);
  server.publish();
  EXPECT_TRUE(client.hears("127.0.0.1:7008"));
  EXPECT_THAT(server.heard(), IsEmpty()) << "it does not hear itself";
}

TEST_F(LanTest, TwoDaemonsOfOneMachineFindEachOtherAtTheirLanAddressToo) {
  connect();
  Peer server(*here), client(*here);
  server.publish();
  EXPECT_TRUE(client.hears("192.0.2.1:7008"));
  EXPECT_TRUE(client.hears("127.0.0.1:7008"));
}

TEST_F(LanTest, FindsANeighbour) {
  connect();
  Peer server(*here), client(*there);
  server.publish();
  EXPECT_TRUE(client.hears("192.0.2.1:7008"));
  EXPECT_THAT(client.heard(), SizeIs(1));
}

TEST_F(LanTest, FindsOnEveryInterfaceTheAddressOfThatInterface) {
  connect();
  test::connect(*here, "198.51.100.1/24", *there, "198.51.100.2/24", "veth1");
  Peer server(*here), client(*there);
  server.publish();
  EXPECT_TRUE(client.hears("192.0.2.1:7008"));
  EXPECT_TRUE(client.hears("198.51.100.1:7008"));
}

TEST_F(LanTest, TheEmptySearchFindsListedServices) {
  connect();
  Peer server(*here), client(*there);
  server.publish();
  client.search_all();
  const auto give_up = steady_clock::now() + kPatience;
  while (client.heard().empty() && steady_clock::now() < give_up) std::this_thread::sleep_for(10ms);
  EXPECT_THAT(client.heard(), Contains("192.0.2.1:7008"));
}

TEST_F(LanTest, JoinsInterfacesThatComeLaterAndOutlivesThoseThatGo) {
  Peer server(*here), client(*there);
  server.publish();
  connect();
  EXPECT_TRUE(client.hears("192.0.2.1:7008"));
  here->ip("link del veth0");
  client.search();
  test::connect(*here, "198.51.100.1/24", *there, "198.51.100.2/24");
  EXPECT_TRUE(client.hears("198.51.100.1:7008"));
}

TEST_F(LanTest, GoesOnWithTheInterfacesItKnowsWhereItCannotListThem) {
  connect();
  Peer server(*here), client(*there);
  server.publish();
  const LinkControl link(*here);
  const test::LackOfDescriptors lack;
  link.set(IFF_UP | IFF_MULTICAST | IFF_PROMISC);  // a change of no consequence, which the kernel reports
  std::this_thread::sleep_for(kTimeToNotice);
  EXPECT_TRUE(client.hears("192.0.2.1:7008"));
}

TEST_F(LanTest, ListsAgainWhatItCouldNotListWhenItChanged) {
  connect();
  const LinkControl link(*here);
  link.set(0);
  Peer server(*here), client(*there);
  server.publish();
  {
    const test::LackOfDescriptors lack;
    link.set(IFF_UP | IFF_MULTICAST);
    std::this_thread::sleep_for(kTimeToNotice);
    EXPECT_THAT(client.heard(), IsEmpty());
  }
  EXPECT_TRUE(client.hears("192.0.2.1:7008"));
}

TEST_F(LanTest, AnswersAnOldClientWhereItListensAndTheGroup) {
  connect();
  Peer server(*here);
  server.publish();
  PlainSocket group(*there, udp::endpoint(udp::v4(), wire::kLpdPort));
  group.join("192.0.2.2");
  PlainSocket client(*there, udp::endpoint(make_address("192.0.2.2"), 0));
  client.multicast_from("192.0.2.2");
  client.send(search_text(), lan_group());

  const auto reply = client.receive();
  const auto told = announcement(reply);
  ASSERT_TRUE(told);
  EXPECT_EQ(reply->from.address().to_string(), "192.0.2.1");
  EXPECT_EQ(told->name.label(), "secret-" + kKey.hex());
  EXPECT_EQ(told->port, kTlsPort);
  EXPECT_EQ(reply->ttl, 1) << "answers do not leave the link";

  auto copy = group.receive();
  while (copy && !announcement(copy)) copy = group.receive();  // the old client's own search comes first
  ASSERT_TRUE(copy);
  EXPECT_EQ(copy->ttl, 1);
}

TEST_F(LanTest, AnswersAVeryOldClientsBroadcast) {
  connect();
  Peer server(*here);
  server.publish();
  there->ip("route add default dev veth0");
  PlainSocket client(*there, udp::endpoint(make_address("192.0.2.2"), 0));
  client.send(search_text(), udp::endpoint(asio::ip::address_v4::broadcast(), wire::kLpdPort));
  EXPECT_TRUE(announcement(client.receive()));
}

TEST_F(LanTest, DoesNotAnswerASourceFromElsewhere) {
  connect();
  Peer server(*here);
  server.publish();
  here->ip("route add 203.0.113.0/24 dev veth0");  // an answer would find its way
  there->ip("addr add 203.0.113.9/24 dev veth0");
  PlainSocket stranger(*there, udp::endpoint(make_address("203.0.113.9"), 0));
  PlainSocket neighbour(*there, udp::endpoint(make_address("192.0.2.2"), 0));
  stranger.multicast_from("203.0.113.9");
  neighbour.multicast_from("192.0.2.2");
  stranger.send(search_text(), lan_group());
  neighbour.send(search_text(), lan_group());
  EXPECT_TRUE(announcement(neighbour.receive())) << "which was asked later";
  EXPECT_FALSE(stranger.receive(0ms));
}

TEST_F(LanTest, HearsAnOldServersUnicastReplyToItsSearch) {
  connect();
  Peer client(*there);
  PlainSocket server(*here, udp::endpoint(udp::v4(), wire::kLpdPort));
  server.join("192.0.2.1");
  client.search();
  const auto search = server.receive();
  ASSERT_TRUE(search);
  EXPECT_EQ(search->ttl, 1);
  EXPECT_NE(search->from.port(), wire::kLpdPort) << "a reply there would reach whoever bound it last";
  const auto reply = wire::format_lpd(wire::LpdAnnouncement{ServiceName{std::nullopt, kKey}, 7010, "old", "Old"});
  server.send(reply, search->from);
  EXPECT_TRUE(client.hears("192.0.2.1:7010"));
}

TEST_F(LanTest, SendsOneSearchFourTimesForAllWhoAsk) {
  connect();
  PlainSocket group(*here, udp::endpoint(udp::v4(), wire::kLpdPort));
  group.join("192.0.2.1");
  Peer client(*there);
  client.search();
  client.search();
  int count = 0;
  while (group.receive(count < 4 ? kPatience : 400ms)) ++count;
  // Within two hours of midnight UTC each time has two datagrams, one for each day.
  EXPECT_EQ(count, 4 * static_cast<int>(rolling_days_near(std::chrono::system_clock::now()).size()));
}

TEST_F(LanTest, AnAnswerWhichMayBeForgedDoesNotEndASearch) {
  connect();
  PlainSocket group(*here, udp::endpoint(udp::v4(), wire::kLpdPort));
  group.join("192.0.2.1");
  Peer client(*there);
  client.search();
  const auto first = group.receive();
  ASSERT_TRUE(first);
  const auto forged =
      wire::format_lpd(wire::LpdAnnouncement{ServiceName{std::nullopt, kKey}, 7666, "forger", "Photos"});
  group.send(forged, first->from);
  const int times = 4 * static_cast<int>(rolling_days_near(std::chrono::system_clock::now()).size());
  for (int i = 1; i < times; ++i) EXPECT_TRUE(group.receive()) << i;
  EXPECT_THAT(client.heard(), Contains("192.0.2.1:7666")) << "it was heard";
}

TEST_F(LanTest, WorksAsASearcherWhereThePortIsTaken) {
  connect();
  Peer server(*here);
  server.publish();
  asio::io_context io;
  std::optional<udp::socket> selfish;
  there->run([&] { selfish.emplace(io, udp::endpoint(udp::v4(), wire::kLpdPort)); });
  Peer client(*there);
  EXPECT_TRUE(client.hears("192.0.2.1:7008"));
}

}  // namespace
}  // namespace hardline::lan
