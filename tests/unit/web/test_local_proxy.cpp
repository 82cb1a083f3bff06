#include "hardline/web/local_proxy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include "hardline/tunnel/p2p_listener.hpp"
#include "hardline/wire/http_head.hpp"
#include "support/http.hpp"
#include "support/scripted_finder.hpp"
#include "support/scripted_peer.hpp"
#include "support/test_origin.hpp"

namespace hardline::web {
namespace {

using namespace std::chrono_literals;
using support::HttpResponse;
using support::noise;
using support::reading;
using support::reading_to_end;
using support::ScriptedServer;
using support::service_name;
using support::writing;
using support::writing_and_ending;
using testing::HasSubstr;

/// browser ── proxy ── listener ── origin, the ends played by the test, on loopback.
class LocalProxyTest : public testing::Test {
 protected:
  LocalProxyTest() {
    auto published =
        std::make_shared<tunnel::PublishedService>(tunnel::PublishedService{service_name("ec"), "ec", {}, {}});
    published->context = tunnel::make_service_context(store::load_identity(support::certificate_file("ec")));
    published->origin = std::make_unique<support::TestOrigin>(io, origin);
    listener.open(0, 0);
    listener.publish({std::move(published)});
    listener.start(sessions);
    finder.add(support::loopback(listener.port()));
    open_proxy();
    proxy.start(sessions);
  }

  ~LocalProxyTest() override {
    listener.stop();
    proxy.stop();
    dialer.cancel_all();
    proxy.sessions().close_all();
    listener.sessions().close_all();
    io.await(sessions.join());
    io.await(dials.join());
  }

  /// Port 0 is no local port, so a free one is looked for.
  void open_proxy() {
    for (int tries = 0;; ++tries) {
      port = tcp::acceptor(io.executor(), support::loopback()).local_endpoint().port();
      try {
        return proxy.open(port);
      } catch (const std::system_error&) {
        if (tries == 10) throw;
      }
    }
  }

  support::SocketStreamPtr connect(asio::ip::address address = asio::ip::address_v4::loopback()) {
    tcp::socket socket(io.executor(), address.is_v4() ? tcp::v4() : tcp::v6());
    support::keep_buffers_small(socket);
    socket.connect({address, port});
    return std::make_unique<SocketStream>(StreamSocket(std::move(socket)));
  }

  /// What a browser that sends `request` gets.
  HttpResponse ask(std::string request) {
    const auto browser = connect();
    EXPECT_FALSE(io.await(writing(*browser, std::move(request))));
    const auto response = io.await(reading_to_end(*browser));
    EXPECT_FALSE(response.error) << response.error.message();
    return HttpResponse::parse(response.text);
  }

  /// Connections of this process whose path is being checked (rt/path_check.hpp).
  static int paths_in_doubt() {
    constexpr int kMoreThanATestHas = 256;
    int count = 0;
    for (int descriptor = 0; descriptor < kMoreThanATestHas; ++descriptor) {
      int idle = 0;
      socklen_t size = sizeof idle;
      if (::getsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle, &size) == 0 && idle == 1) ++count;
    }
    return count;
  }

  static std::string get(const std::string& host) { return "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"; }

  /// The origin's end of its `n`th connection, once there is one.
  ByteStream& at_origin(std::size_t n = 0) {
    if (!io.run_until([this, n] { return origin.connections.size() > n; }))
      throw std::runtime_error("the origin was not connected");
    return *origin.connections[n];
  }

  std::string host = service_name("ec").label() + ".localhost";
  std::string request = get(host);
  std::uint16_t port = 0;
  BufferPool buffers;
  support::TestIo io;
  TaskGroup sessions{io.executor()};
  TaskGroup dials{io.executor()};
  support::OriginLog origin;
  support::ScriptedFinder finder{io.executor()};
  tunnel::Dialer dialer{io.executor(), finder, dials};
  tunnel::P2pListener listener{io.executor(), buffers, [] { return std::string(); }};
  LocalProxy proxy{io.executor(), buffers, dialer, finder};
};

TEST_F(LocalProxyTest, BringsRequestAndResponseThroughUnchanged) {
  const auto browser = connect();
  ASSERT_FALSE(io.await(writing(*browser, request)));
  EXPECT_EQ(io.await(reading(at_origin(), request.size())), request);
  io.await(writing_and_ending(at_origin(), "HTTP/1.1 204 No Content\r\n\r\n"));
  const auto response = io.await(reading_to_end(*browser));
  EXPECT_EQ(response.text, "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_FALSE(response.error);
}

TEST_F(LocalProxyTest, SessionsOnALivePathGoOnWhenTheNetworkHasChanged) {
  const auto browser = connect();
  ASSERT_FALSE(io.await(writing(*browser, request)));
  EXPECT_EQ(io.await(reading(at_origin(), request.size())), request);
  proxy.sessions().check_paths();
  listener.sessions().check_paths();
  io.context().run_for(1100ms);
  ASSERT_FALSE(io.await(writing(at_origin(), "answer")));
  EXPECT_EQ(io.await(reading(*browser, 6)), "answer");
}

TEST_F(LocalProxyTest, ChecksThePathsToOneServiceAlone) {
  const auto browser = connect();
  ASSERT_FALSE(io.await(writing(*browser, request)));
  EXPECT_EQ(io.await(reading(at_origin(), request.size())), request);
  ASSERT_FALSE(io.await(writing(at_origin(), "answer")));
  EXPECT_EQ(io.await(reading(*browser, 6)), "answer");
  proxy.check_paths_to(service_name("rsa").key);
  EXPECT_EQ(paths_in_doubt(), 0);
  proxy.check_paths_to(service_name("ec").key);
  EXPECT_EQ(paths_in_doubt(), 1);
}

TEST_F(LocalProxyTest, KeepsOneConnectionForSeveralRequests) {
  const auto browser = connect();
  for (const auto* answer : {"first answer", "other answer"}) {
    ASSERT_FALSE(io.await(writing(*browser, request)));
    EXPECT_EQ(io.await(reading(at_origin(), request.size())), request);
    ASSERT_FALSE(io.await(writing(at_origin(), answer)));
    EXPECT_EQ(io.await(reading(*browser, 12)), answer);
  }
  EXPECT_EQ(origin.asked, 1u);
}

TEST_F(LocalProxyTest, TakesARequestHeadInPieces) {
  const auto browser = connect();
  for (std::size_t i = 0; i < request.size(); i += 7) {
    ASSERT_FALSE(io.await(writing(*browser, request.substr(i, 7))));
    io.context().poll();
  }
  EXPECT_EQ(io.await(reading(at_origin(), request.size())), request);
}

TEST_F(LocalProxyTest, CarriesMuchBothWaysAtOnce) {
  const auto up = noise(support::kMoreThanBuffersHold, 1);
  const auto down = noise(support::kMoreThanBuffersHold, 2);
  const auto browser = connect();
  auto sent = io.start(writing_and_ending(*browser, request + up));
  auto& service = at_origin();
  auto answered = io.start(writing_and_ending(service, down));
  auto received = io.start(reading_to_end(service));
  const auto response = io.await(reading_to_end(*browser));
  EXPECT_TRUE(response.text == down);
  EXPECT_FALSE(response.error);
  EXPECT_TRUE(received.get().text == request + up);
}

TEST_F(LocalProxyTest, PassesABrowsersHalfCloseOn) {
  const auto browser = connect();
  io.await(writing_and_ending(*browser, request));
  EXPECT_FALSE(io.await(reading_to_end(at_origin())).error);
  io.await(writing_and_ending(at_origin(), "answer"));
  EXPECT_EQ(io.await(reading_to_end(*browser)).text, "answer");
}

TEST_F(LocalProxyTest, PassesACutOfTheServiceOnAsACut) {
  const auto browser = connect();
  ASSERT_FALSE(io.await(writing(*browser, request)));
  ASSERT_FALSE(io.await(writing(at_origin(), "half an ans")));
  EXPECT_EQ(io.await(reading(*browser, 11)), "half an ans");
  at_origin().abort();
  EXPECT_TRUE(io.await(reading_to_end(*browser)).error);
}

TEST_F(LocalProxyTest, PassesACutOfTheBrowserOnAsACut) {
  const auto browser = connect();
  ASSERT_FALSE(io.await(writing(*browser, request)));
  EXPECT_EQ(io.await(reading(at_origin(), request.size())), request);
  browser->abort();
  EXPECT_TRUE(io.await(reading_to_end(at_origin())).error);
}

TEST_F(LocalProxyTest, DeliversAnEarlyAnswerToAnUploadThatTheServiceDoesNotTake) {
  const auto browser = connect();
  auto sent = io.start(writing(*browser, request + noise(support::kMoreThanBuffersHold, 3)));
  EXPECT_EQ(io.await(reading(at_origin(), request.size())), request);
  io.await(writing_and_ending(at_origin(), "HTTP/1.1 413 Content Too Large\r\n\r\n"));
  io.settle();
  at_origin().close();  // with input unread: a reset
  EXPECT_FALSE(sent.get());
  const auto response = io.await(reading_to_end(*browser));
  EXPECT_EQ(response.text, "HTTP/1.1 413 Content Too Large\r\n\r\n");
  EXPECT_FALSE(response.error);
}

TEST_F(LocalProxyTest, ListensOnIpv6Too) {
  try {
    const auto browser = connect(asio::ip::address_v6::loopback());
    ASSERT_FALSE(io.await(writing(*browser, request)));
    EXPECT_EQ(io.await(reading(at_origin(), request.size())), request);
  } catch (const boost::system::system_error& e) {
    GTEST_SKIP() << "this machine has no IPv6 loopback: " << e.what();
  }
}

TEST_F(LocalProxyTest, SaysThatItsPortIsTaken) {
  LocalProxy second(io.executor(), buffers, dialer, finder);
  try {
    second.open(port);
    FAIL() << "the port is taken";
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), std::errc::address_in_use);
  }
  EXPECT_FALSE(second.is_open());
}

class HostOfTheService : public LocalProxyTest, public testing::WithParamInterface<const char*> {};

TEST_P(HostOfTheService, LeadsThroughTheTunnel) {
  std::string spelling = GetParam();
  spelling.replace(spelling.find("NAME"), 4, service_name("ec").label());
  const auto browser = connect();
  ASSERT_FALSE(io.await(writing(*browser, get(spelling))));
  EXPECT_EQ(io.await(reading(at_origin(), get(spelling).size())), get(spelling));
}

INSTANTIATE_TEST_SUITE_P(Spellings, HostOfTheService,
                         testing::Values("NAME.localhost", "NAME.localhost:7009", "NAME.localhost.",
                                         "NAME.LocalHost.:80"));

class ForeignHost : public LocalProxyTest, public testing::WithParamInterface<const char*> {};

TEST_P(ForeignHost, IsMisdirected) {
  EXPECT_EQ(ask(get(GetParam())).status, 421);
  EXPECT_EQ(finder.searches, 0);
}

INSTANTIATE_TEST_SUITE_P(Hosts, ForeignHost,
                         testing::Values("example.org", "localhost", "localhost:7009", "127.0.0.1:7009", "[::1]:7009",
                                         "a.b.localhost", "03b131fef9459a4a73da0c27e5b9e96362859de6.example.org",
                                         "03b131fef9459a4a73da0c27e5b9e96362859de6.localhost.example.org", ""));

TEST_F(LocalProxyTest, FindsNoServiceByAnotherLabel) {
  EXPECT_EQ(ask(get("nonsense.localhost")).status, 404);
  EXPECT_EQ(finder.searches, 0);
}

struct Bad {
  const char* name;
  int status;
  std::string_view request;
};

class BadRequest : public LocalProxyTest, public testing::WithParamInterface<Bad> {};

TEST_P(BadRequest, IsRefused) {
  EXPECT_EQ(ask(std::string(GetParam().request)).status, GetParam().status);
  EXPECT_EQ(finder.searches, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Requests, BadRequest,
    testing::Values(Bad{"NoHost", 400, "GET / HTTP/1.1\r\nAccept: */*\r\n\r\n"},
                    Bad{"TwoHosts", 400, "GET / HTTP/1.1\r\nHost: a.localhost\r\nHost: b.localhost\r\n\r\n"},
                    Bad{"AbsoluteForm", 400, "GET http://example.org/ HTTP/1.1\r\nHost: example.org\r\n\r\n"},
                    Bad{"Connect", 400, "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n"},
                    Bad{"Tls", 400, std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)},
                    Bad{"Http2", 400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}, Bad{"Nonsense", 400, "hello\r\n\r\n"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_F(LocalProxyTest, RefusesAHeadThatIsTooLarge) {
  const auto cookie = std::string(wire::kMaxRequestHead, 'x');
  EXPECT_EQ(ask("GET / HTTP/1.1\r\nHost: " + host + "\r\nCookie: " + cookie + "\r\n\r\n").status, 431);
  EXPECT_EQ(finder.searches, 0);
}

TEST_F(LocalProxyTest, SaysNothingToABrowserThatLeavesBeforeItsHeadIsWhole) {
  const auto browser = connect();
  io.await(writing_and_ending(*browser, "GET / HT"));
  EXPECT_EQ(io.await(reading_to_end(*browser)).text, "");
  EXPECT_EQ(finder.searches, 0);
}

TEST_F(LocalProxyTest, ShowsAPageToPeopleAndTextToPrograms) {
  const auto program = ask(get("nonsense.localhost"));
  EXPECT_THAT(program.field("Content-Type"), HasSubstr("text/plain"));
  const auto person = ask("GET / HTTP/1.1\r\nHost: nonsense.localhost\r\nAccept: text/html,*/*;q=0.8\r\n\r\n");
  EXPECT_THAT(person.field("Content-Type"), HasSubstr("text/html"));
  EXPECT_THAT(person.body, HasSubstr("<h1>"));
}

TEST_F(LocalProxyTest, AnswersHeadWithoutABody) {
  const auto response = ask("HEAD / HTTP/1.1\r\nHost: nonsense.localhost\r\n\r\n");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, "");
  EXPECT_NE(response.field("Content-Length"), "0");
}

TEST_F(LocalProxyTest, SaysThatTheServiceWasNotFound) {
  finder.candidates.clear();
  EXPECT_EQ(ask(request).status, 503);
}

TEST_F(LocalProxyTest, SaysThatSomebodyElseAnswered) {
  ScriptedServer impostor(io, "rsa");
  finder.candidates = {{impostor.endpoint(), discovery::Source::lan}};
  const auto browser = connect();
  ASSERT_FALSE(io.await(writing(*browser, request)));
  auto peer = impostor.accept();
  EXPECT_TRUE(peer.handshake());
  const auto response = HttpResponse::parse(io.await(reading_to_end(*browser)).text);
  EXPECT_EQ(response.status, 502);
  EXPECT_EQ(response.field("Proxy-Status"), "hardlined; error=tls_certificate_error");
}

TEST_F(LocalProxyTest, SaysThatThePasswordIsWrong) {
  const auto response = ask(get("wrong-" + service_name("ec").key.hex() + ".localhost"));
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(origin.asked, 0u);
}

TEST_F(LocalProxyTest, SaysThatTheServiceIsDown) {
  origin.refuse_with = std::make_error_code(std::errc::connection_refused);
  EXPECT_EQ(ask(request).status, 503);
}

TEST_F(LocalProxyTest, SaysThatTheServiceClosedWithoutAnAnswer) {
  const auto browser = connect();
  ASSERT_FALSE(io.await(writing(*browser, request)));
  EXPECT_EQ(io.await(reading(at_origin(), request.size())), request);
  at_origin().close();
  EXPECT_EQ(io.await(reading(at_origin(1), request.size())), request) << "it is asked once more";
  at_origin(1).close();
  const auto response = io.await(reading_to_end(*browser));
  EXPECT_EQ(HttpResponse::parse(response.text).status, 502);
  EXPECT_FALSE(response.error);
  EXPECT_EQ(origin.asked, 2u);
}

TEST_F(LocalProxyTest, AsksAgainUnnoticedWhereATunnelEndsWithoutAnAnswer) {
  const auto browser = connect();
  ASSERT_FALSE(io.await(writing(*browser, request)));
  EXPECT_EQ(io.await(reading(at_origin(), request.size())), request);
  at_origin().abort();
  EXPECT_EQ(io.await(reading(at_origin(1), request.size())), request);
  io.await(writing_and_ending(at_origin(1), "HTTP/1.1 204 No Content\r\n\r\n"));
  const auto response = io.await(reading_to_end(*browser));
  EXPECT_EQ(response.text, "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_FALSE(response.error);
}

TEST_F(LocalProxyTest, AsksAnotherDaemonWithTheSameCertificateWhereOneDies) {
  tunnel::P2pListener second(io.executor(), buffers, [] { return std::string(); });
  support::OriginLog second_origin;
  auto published =
      std::make_shared<tunnel::PublishedService>(tunnel::PublishedService{service_name("ec"), "ec", {}, {}});
  published->context = tunnel::make_service_context(store::load_identity(support::certificate_file("ec")));
  published->origin = std::make_unique<support::TestOrigin>(io, second_origin);
  second.open(0, 0);
  second.publish({std::move(published)});
  TaskGroup second_sessions(io.executor());
  second.start(second_sessions);

  const auto browser = connect();
  ASSERT_FALSE(io.await(writing(*browser, request)));
  EXPECT_EQ(io.await(reading(at_origin(), request.size())), request);
  finder.add(support::loopback(second.port()));
  listener.sessions().close_all();
  EXPECT_TRUE(io.run_until([&] { return second_origin.connections.size() == 1; }));
  auto& at_second = *second_origin.connections.at(0);
  EXPECT_EQ(io.await(reading(at_second, request.size())), request);
  io.await(writing_and_ending(at_second, "from the other one"));
  EXPECT_EQ(io.await(reading_to_end(*browser)).text, "from the other one");
  EXPECT_EQ(origin.asked, 1u);
  second.stop();
  second.sessions().close_all();
  io.await(second_sessions.join());
}

TEST_F(LocalProxyTest, AsksAgainWhereAConnectionBreaksOffBeforeTheTunnelStands) {
  ScriptedServer dying(io, "ec", {.hardline1 = true});
  const auto listening = finder.candidates;
  finder.candidates = {{dying.endpoint(), discovery::Source::lan}};
  const auto browser = connect();
  ASSERT_FALSE(io.await(writing(*browser, request)));
  auto peer = dying.accept_with_tls();
  finder.candidates = listening;
  peer.stream().abort();
  EXPECT_EQ(io.await(reading(at_origin(), request.size())), request);
}

struct NotRepeated {
  const char* name;
  std::string start;   ///< of the request, up to its Host
  std::string fields;  ///< behind it, with the blank line and what follows that
};

class RequestThatIsNotRepeated : public LocalProxyTest, public testing::WithParamInterface<NotRepeated> {};

TEST_P(RequestThatIsNotRepeated, IsSentOnce) {
  const auto sent = GetParam().start + "Host: " + host + "\r\n" + GetParam().fields;
  const auto browser = connect();
  ASSERT_FALSE(io.await(writing(*browser, sent)));
  EXPECT_EQ(io.await(reading(at_origin(), sent.size())), sent);
  at_origin().close();
  EXPECT_EQ(HttpResponse::parse(io.await(reading_to_end(*browser)).text).status, 502);
  EXPECT_EQ(origin.asked, 1u);
}

INSTANTIATE_TEST_SUITE_P(
    Requests, RequestThatIsNotRepeated,
    testing::Values(NotRepeated{"Post", "POST / HTTP/1.1\r\n", "\r\n"},
                    NotRepeated{"Delete", "DELETE /it HTTP/1.1\r\n", "\r\n"},
                    NotRepeated{"GetWithContent", "GET / HTTP/1.1\r\n", "Content-Length: 2\r\n\r\nhi"},
                    NotRepeated{"GetWithContentToCome", "GET / HTTP/1.1\r\n", "Transfer-Encoding: chunked\r\n\r\n"},
                    NotRepeated{"Pipelined", "GET / HTTP/1.1\r\n", "\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_F(LocalProxyTest, RepeatsNothingBehindWhichMoreWasSent) {
  const auto browser = connect();
  ASSERT_FALSE(io.await(writing(*browser, request)));
  EXPECT_EQ(io.await(reading(at_origin(), request.size())), request);
  ASSERT_FALSE(io.await(writing(*browser, "more")));
  EXPECT_EQ(io.await(reading(at_origin(), 4)), "more");
  at_origin().close();
  EXPECT_EQ(HttpResponse::parse(io.await(reading_to_end(*browser)).text).status, 502);
  EXPECT_EQ(origin.asked, 1u);
}

TEST_F(LocalProxyTest, RepeatsNothingThatWasAnsweredInPart) {
  const auto browser = connect();
  ASSERT_FALSE(io.await(writing(*browser, request)));
  ASSERT_FALSE(io.await(writing(at_origin(), "half an ans")));
  EXPECT_EQ(io.await(reading(*browser, 11)), "half an ans");
  at_origin().abort();
  EXPECT_TRUE(io.await(reading_to_end(*browser)).error);
  EXPECT_EQ(origin.asked, 1u);
}

TEST_F(LocalProxyTest, SaysSoAlsoInTheMidstOfAnUpload) {
  const auto browser = connect();
  auto sent = io.start(writing(*browser, request + noise(support::kMoreThanBuffersHold, 4)));
  EXPECT_EQ(io.await(reading(at_origin(), request.size())), request);
  at_origin().close();
  const auto response = io.await(reading_to_end(*browser));
  EXPECT_EQ(HttpResponse::parse(response.text).status, 502);
  EXPECT_FALSE(response.error);
}

TEST_F(LocalProxyTest, SaysThatAnOldServersSilenceMayMeanAWrongPassword) {
  ScriptedServer old_server(io, "ec");
  finder.candidates = {{old_server.endpoint(), discovery::Source::lan}};
  const auto browser = connect();
  ASSERT_FALSE(io.await(writing(*browser, request)));
  auto peer = old_server.accept_with_tls();
  peer.record();
  peer.send("{}\n");  // the old server checks the password after its line
  peer.leave_without_close_notify();
  const auto response = HttpResponse::parse(io.await(reading_to_end(*browser)).text);
  EXPECT_EQ(response.status, 502);
  EXPECT_THAT(response.body, HasSubstr("password"));
}

}  // namespace
}  // namespace hardline::web
