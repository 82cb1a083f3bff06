#include "hardline/api/listening_servers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/http_server.hpp"

namespace hardline::api {
namespace {

using support::http_answer;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr auto kHead =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

asio::ip::address address(const char* text) {
  return asio::ip::make_address(text);
}

TEST(ListeningSockets, AreReadFromTheKernelsTable) {
  EXPECT_THAT(parse_listening_sockets(
                  std::string(kHead) +
                  "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 1 1 0 100 0\n"
                  "   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0 0 2 1 0 100 0\n"
                  "  10: 0501A8C0:FFFF 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0 0 2 1 0 100 0\n"),
              ElementsAre(ListeningSocket{address("127.0.0.1"), 8080}, ListeningSocket{address("0.0.0.0"), 80},
                          ListeningSocket{address("192.168.1.5"), 65535}));
}

TEST(ListeningSockets, AreReadFromTheTableOfIpv6) {
  EXPECT_THAT(
      parse_listening_sockets(
          "   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 1\n"
          "   1: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 1\n"
          "   2: 0000000000000000FFFF00000100007F:0051 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 1\n"
          "   3: B80D0120000000000000000001000000:0052 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 1\n"),
      ElementsAre(ListeningSocket{address("::"), 22}, ListeningSocket{address("::1"), 80},
                  ListeningSocket{address("127.0.0.1"), 81}, ListeningSocket{address("2001:db8::1"), 82}));
}

TEST(ListeningSockets, AreNotConnections) {
  EXPECT_THAT(parse_listening_sockets("   0: 0100007F:1F90 0100007F:CF8C 01 00000000:00000000 00:00000000\n"),
              IsEmpty());
}

TEST(ListeningSockets, ArePassedOverWhereTheLineIsNotUnderstood) {
  for (const char* line : {"", "\n", "0: 0100007F 0:0 0A", "0: 0100007:1F90 0:0 0A", "0: 0100007F:1F901 0:0 0A",
                           "0: 0100007F: 0:0 0A", "0: 0100007G:1F90 0:0 0A", "0: :1F90 0:0 0A", "0A 0A 0A 0A"})
    EXPECT_THAT(parse_listening_sockets(line), IsEmpty()) << line;
}

TEST(ListeningSockets, OfThisMachineAreFound) {
  support::TestIo io;
  const support::HttpListener listener(io);
  EXPECT_THAT(list_listening_sockets(), Contains(ListeningSocket{address("127.0.0.1"), listener.port()}));
}

class AskForPages : public testing::Test {
 protected:
  support::Running<std::vector<WebServer>> asking(std::vector<ListeningSocket> sockets,
                                                  std::vector<std::uint16_t> own_ports = {}) {
    return io.start(ask_for_pages(io.executor(), resolver, std::move(sockets), std::move(own_ports)));
  }
  ListeningSocket socket_of(const support::HttpListener& listener, const char* bound = "127.0.0.1") {
    return {address(bound), listener.port()};
  }
  std::string here(const support::HttpListener& listener) { return "127.0.0.1:" + std::to_string(listener.port()); }

  support::TestIo io;
  Resolver resolver;
};

TEST_F(AskForPages, TellsWhatAServerCallsItself) {
  support::HttpListener listener(io);
  auto found = asking({socket_of(listener)});
  auto peer = listener.accept();
  EXPECT_THAT(peer.request(), testing::StartsWith("GET / HTTP/1.1\r\n"));
  peer.send(http_answer("<title>Films</title>", "200 OK", "Server: Kestrel\r\nContent-Type: text/html\r\n"));
  const auto servers = found.get();
  ASSERT_THAT(servers, SizeIs(1));
  EXPECT_EQ(servers[0].address.to_string(), here(listener));
  EXPECT_EQ(servers[0].title, "Films");
  EXPECT_EQ(servers[0].server, "Kestrel");
}

TEST_F(AskForPages, FollowsOneRedirectionWithinTheServer) {
  support::HttpListener listener(io);
  auto found = asking({socket_of(listener)});
  for (const auto& location : {std::string("web/#home"), "http://" + here(listener) + "/more"}) {
    auto peer = listener.accept();
    peer.request();
    peer.send(http_answer("", "302 Found", "Location: " + location + "\r\n"));
    if (location == "web/#home") continue;
    EXPECT_THAT(found.get(), SizeIs(1));  // and is content with that
  }
  EXPECT_FALSE(listener.has_another());
}

TEST_F(AskForPages, AsksNobodyElseWhereItIsSentAway) {
  for (const std::string location : {"https://example.org/", "//example.org/", "http://127.0.0.1:1/", "/a b"}) {
    support::HttpListener listener(io);
    auto found = asking({socket_of(listener)});
    auto peer = listener.accept();
    peer.request();
    peer.send(http_answer("", "301 Moved Permanently", "Location: " + location + "\r\n"));
    EXPECT_THAT(found.get(), SizeIs(1));
    EXPECT_FALSE(listener.has_another());
  }
}

TEST_F(AskForPages, TakesATitleOfPagesOnly) {
  support::HttpListener error(io), image(io);
  auto found = asking({socket_of(error), socket_of(image)});
  auto at_error = error.accept();
  at_error.request();
  at_error.send(http_answer("<title>404 Not Found</title>", "404 Not Found"));
  auto at_image = image.accept();
  at_image.request();
  at_image.send(http_answer("<title>x</title>", "200 OK", "Content-Type: image/png\r\n"));
  const auto servers = found.get();
  ASSERT_THAT(servers, SizeIs(2));
  EXPECT_LT(servers[0].address.port, servers[1].address.port);
  for (const auto& server : servers) EXPECT_EQ(server.title, "");
}

TEST_F(AskForPages, LeavesOutWhatIsNoWebServer) {
  support::HttpListener ssh(io), tls(io), silent(io);
  auto found = asking({socket_of(ssh), socket_of(tls), socket_of(silent)});
  auto at_ssh = ssh.accept();
  at_ssh.request();
  at_ssh.send("SSH-2.0-OpenSSH_9.2p1\r\n");
  auto at_tls = tls.accept();
  at_tls.request();
  at_tls.send(http_answer("Client sent an HTTP request to an HTTPS server.", "400 Bad Request"));
  auto at_silent = silent.accept();
  at_silent.request();
  EXPECT_THAT(found.get(), IsEmpty());
}

TEST_F(AskForPages, IsContentWithAPartOfAPageThatDoesNotEnd) {
  support::HttpListener listener(io);
  auto found = asking({socket_of(listener)});
  auto peer = listener.accept();
  peer.request();
  peer.send("HTTP/1.1 200 OK\r\n\r\n<title>Endle");
  peer.send("ss</tit");
  peer.send("le><p>");
  const auto servers = found.get();
  ASSERT_THAT(servers, SizeIs(1));
  EXPECT_EQ(servers[0].title, "Endless");
}

TEST_F(AskForPages, AsksASocketOfEveryAddressOnce) {
  support::HttpListener listener(io);
  auto found = asking({socket_of(listener, "::"), socket_of(listener, "0.0.0.0"), socket_of(listener, "::1"),
                       socket_of(listener, "127.0.0.1")});
  auto peer = listener.accept();
  peer.request();
  peer.send(http_answer("<title>One</title>"));
  const auto servers = found.get();
  ASSERT_THAT(servers, SizeIs(1));
  EXPECT_EQ(servers[0].address.to_string(), here(listener));
  EXPECT_FALSE(listener.has_another());
}

TEST_F(AskForPages, FindsASocketOfEveryIpv6AddressThatHasNoneOfIpv4) {
  try {
    support::HttpListener listener(io, nullptr, {asio::ip::make_address("::1"), 0});
    auto found = asking({socket_of(listener, "::")});
    auto peer = listener.accept();
    peer.request();
    peer.send(http_answer("<title>Six</title>"));
    const auto servers = found.get();
    ASSERT_THAT(servers, SizeIs(1));
    EXPECT_EQ(servers[0].address.to_string(), "[::1]:" + std::to_string(listener.port()));
  } catch (const boost::system::system_error& e) {
    GTEST_SKIP() << "this machine has no IPv6 loopback: " << e.what();
  }
}

TEST_F(AskForPages, AsksNeitherOurOwnPortsNorWhatCannotBeReached) {
  support::HttpListener own(io), link_local(io);
  EXPECT_THAT(asking({socket_of(own), socket_of(link_local, "fe80::1")}, {own.port()}).get(), IsEmpty());
  EXPECT_FALSE(own.has_another());
  EXPECT_FALSE(link_local.has_another());
}

}  // namespace
}  // namespace hardline::api
