#include "hardline/tunnel/port_forward.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hardline/tunnel/p2p_listener.hpp"
#include "support/scripted_finder.hpp"
#include "support/scripted_peer.hpp"
#include "support/test_origin.hpp"

namespace hardline::tunnel {
namespace {

using support::noise;
using support::reading;
using support::reading_to_end;
using support::ScriptedServer;
using support::service_name;
using support::writing;
using support::writing_and_ending;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// program ── forwarded port ── listener ── origin, the ends played by the test, on loopback.
class PortForwardTest : public testing::Test {
 protected:
  PortForwardTest() {
    auto published = std::make_shared<PublishedService>(PublishedService{service_name("ec"), "ec", {}, {}});
    published->context = make_service_context(store::load_identity(support::certificate_file("ec")));
    published->origin = std::make_unique<support::TestOrigin>(io, origin);
    listener.open(0, 0);
    listener.publish({std::move(published)});
    listener.start(sessions);
    finder.add(support::loopback(listener.port()));
  }

  ~PortForwardTest() override {
    forward.stop();
    listener.stop();
    dialer.cancel_all();
    forward.sessions().close_all();
    listener.sessions().close_all();
    io.await(sessions.join());
    io.await(dials.join());
  }

  void open(const std::string& address = "127.0.0.1") {
    forward.open(address, 0);
    forward.start(sessions);
  }

  support::SocketStreamPtr connect(asio::ip::address address = asio::ip::address_v4::loopback()) {
    tcp::socket socket(io.executor(), address.is_v4() ? tcp::v4() : tcp::v6());
    support::keep_buffers_small(socket);
    socket.connect({address, forward.port()});
    return std::make_unique<SocketStream>(StreamSocket(std::move(socket)));
  }

  /// The origin's end of its `n`th connection, once there is one.
  ByteStream& at_origin(std::size_t n = 0) {
    if (!io.run_until([this, n] { return origin.connections.size() > n; }))
      throw std::runtime_error("the origin was not connected");
    return *origin.connections[n];
  }

  /// That a new connection gets to the service, and which of its connections that is.
  void expect_led(asio::ip::address address = asio::ip::address_v4::loopback()) {
    const auto count = origin.connections.size();
    const auto program = connect(address);
    ASSERT_FALSE(io.await(writing(*program, "x")));
    EXPECT_EQ(io.await(reading(at_origin(count), 1)), "x");
  }

  bool has_ipv6() {
    AsioError error;
    tcp::acceptor acceptor(io.executor(), tcp::v6());
    acceptor.bind({asio::ip::address_v6::loopback(), 0}, error);
    return !error;
  }

  support::TestIo io;
  BufferPool buffers;
  TaskGroup sessions{io.executor()};
  TaskGroup dials{io.executor()};
  support::OriginLog origin;
  support::ScriptedFinder finder{io.executor()};
  Dialer dialer{io.executor(), finder, dials};
  P2pListener listener{io.executor(), buffers, [] { return std::string(); }};
  std::optional<ServiceName> name = service_name("ec");
  std::vector<std::string> problems;
  PortForward forward{TunnelTools{io.executor(), buffers, dialer, finder}, [this] { return name; },
                      [this](const std::string& problem) { problems.push_back(problem); }};
};

TEST_F(PortForwardTest, CarriesBothWays) {
  open();
  const auto program = connect();
  ASSERT_FALSE(io.await(writing(*program, "question")));
  EXPECT_EQ(io.await(reading(at_origin(), 8)), "question");
  ASSERT_FALSE(io.await(writing(at_origin(), "answer")));
  EXPECT_EQ(io.await(reading(*program, 6)), "answer");
  EXPECT_THAT(problems, IsEmpty());
}

TEST_F(PortForwardTest, LetsTheServiceSpeakFirst) {
  open();
  const auto program = connect();
  ASSERT_FALSE(io.await(writing(at_origin(), "RFB 003.008\n")));
  EXPECT_EQ(io.await(reading(*program, 12)), "RFB 003.008\n");
}

TEST_F(PortForwardTest, PassesHalfClosesOn) {
  open();
  const auto program = connect();
  io.await(writing_and_ending(*program, "question"));
  EXPECT_EQ(io.await(reading_to_end(at_origin())).text, "question");
  io.await(writing_and_ending(at_origin(), "answer"));
  const auto read = io.await(reading_to_end(*program));
  EXPECT_EQ(read.text, "answer");
  EXPECT_FALSE(read.error);
}

TEST_F(PortForwardTest, CarriesMuchBothWaysAtOnce) {
  open();
  const auto up = noise(support::kMoreThanBuffersHold, 1);
  const auto down = noise(support::kMoreThanBuffersHold, 2);
  const auto program = connect();
  auto sent = io.start(writing_and_ending(*program, up));
  auto& service = at_origin();
  auto answered = io.start(writing_and_ending(service, down));
  auto received = io.start(reading_to_end(service));
  EXPECT_TRUE(io.await(reading_to_end(*program)).text == down);
  EXPECT_TRUE(received.get().text == up);
}

TEST_F(PortForwardTest, PassesACutOnAsACut) {
  open();
  const auto program = connect();
  ASSERT_FALSE(io.await(writing(at_origin(), "half")));
  EXPECT_EQ(io.await(reading(*program, 4)), "half");
  at_origin().abort();
  EXPECT_TRUE(io.await(reading_to_end(*program)).error);
}

TEST_F(PortForwardTest, AsksAtEachConnectionWhereItLeads) {
  open();
  name = std::nullopt;
  EXPECT_TRUE(io.await(reading_to_end(*connect())).error);
  EXPECT_THAT(problems, ElementsAre(HasSubstr("no service")));
  name = service_name("ec");
  expect_led();
}

TEST_F(PortForwardTest, ResetsTheProgramAndSaysWhyWhereTheServiceIsNotReached) {
  open();
  finder.candidates.clear();
  EXPECT_TRUE(io.await(reading_to_end(*connect())).error);
  EXPECT_THAT(problems, ElementsAre(HasSubstr("not found")));
}

TEST_F(PortForwardTest, SaysThatThePasswordIsWrong) {
  open();
  name->password = Password::parse("wrong");
  EXPECT_TRUE(io.await(reading_to_end(*connect())).error);
  EXPECT_THAT(problems, ElementsAre(HasSubstr("password")));
}

TEST_F(PortForwardTest, BoundsItsConnections) {
  open();
  ScriptedServer silent(io, "ec");
  finder.candidates = {{silent.endpoint(), find::Source::lan}};
  std::vector<support::SocketStreamPtr> programs;
  while (programs.size() < PortForward::kMaxSessions) programs.push_back(connect());
  ASSERT_TRUE(io.run_until([this] { return forward.sessions().size() == PortForward::kMaxSessions; }));
  const auto one_more = connect();
  EXPECT_EQ(io.await(reading_to_end(*one_more)).text, "");
  EXPECT_EQ(forward.sessions().size(), PortForward::kMaxSessions);
  EXPECT_THAT(problems, ElementsAre(HasSubstr("too many")));
}

TEST_F(PortForwardTest, EndsItsConnectionsAlsoThoseThatAreBeingOpened) {
  open();
  const auto standing = connect();
  at_origin();
  ScriptedServer silent(io, "ec");
  finder.candidates = {{silent.endpoint(), find::Source::lan}};
  dialer.network_changed();  // what worked before is forgotten
  const auto opening = connect();
  auto peer = silent.accept_with_tls();
  forward.sessions().close_all();
  EXPECT_TRUE(io.await(reading_to_end(*standing)).error);
  EXPECT_TRUE(io.await(reading_to_end(*opening)).error);
  peer.send("{}\n");
  EXPECT_TRUE(io.run_until([this] { return forward.sessions().size() == 0; }));
  EXPECT_THAT(problems, IsEmpty());
}

TEST_F(PortForwardTest, AcceptsNoMoreOnceStopped) {
  open();
  const auto program = connect();
  at_origin();
  forward.stop();
  EXPECT_THROW(connect(), boost::system::system_error);
  ASSERT_FALSE(io.await(writing(at_origin(), "goes on")));
  EXPECT_EQ(io.await(reading(*program, 7)), "goes on");
}

TEST_F(PortForwardTest, ListensOnBothLoopbacksAsLocalhost) {
  open("localhost");
  expect_led();
  if (has_ipv6()) expect_led(asio::ip::address_v6::loopback());
}

TEST_F(PortForwardTest, ListensOnOneLoopbackByItsAddress) {
  if (!has_ipv6()) GTEST_SKIP() << "this machine has no IPv6 loopback";
  open("::1");
  expect_led(asio::ip::address_v6::loopback());
  EXPECT_THROW(connect(), boost::system::system_error);
}

TEST_F(PortForwardTest, ListensEverywhereAsAsterisk) {
  open("*");
  expect_led(asio::ip::make_address("127.0.0.9"));
  if (has_ipv6()) expect_led(asio::ip::address_v6::loopback());
}

TEST_F(PortForwardTest, SaysWhyItCannotListen) {
  tcp::acceptor taken(io.executor(), support::loopback());
  try {
    forward.open("127.0.0.1", taken.local_endpoint().port());
    FAIL() << "the port is taken";
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), std::errc::address_in_use);
  }
  EXPECT_THROW(forward.open("nonsense", 0), std::system_error);
}

}  // namespace
}  // namespace hardline::tunnel
