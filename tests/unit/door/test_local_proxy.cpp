#include "hardline/door/local_proxy.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include "door/name_change.hpp"
#include "hardline/http/request_head.hpp"
#include "hardline/tunnel/p2p_listener.hpp"
#include "store/temp_dir.hpp"
#include "support/http.hpp"
#include "support/scripted_finder.hpp"
#include "support/scripted_peer.hpp"
#include "support/test_origin.hpp"

namespace hardline::door {
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

/// Stands for the dashboard: says what it was asked, of whom.
class Echo final : public web::HttpHandler {
 public:
  awaitable<void> handle(web::Exchange& exchange) override {
    ++asked;
    const auto& request = exchange.request();
    web::Response response;
    response.content_type = "text/plain";
    response.body = request.method + ' ' + request.target + " of " + std::string(request.field("Host").value_or("?")) +
                    ' ' + request.body;
    co_await exchange.respond(response);
  }

  int asked = 0;
};

/// browser ── proxy ── listener ── origin, the ends played by the test, on loopback.
class LocalProxyTest : public testing::Test {
 protected:
  LocalProxyTest() {
    listener.open(0, 0);
    listener.publish({published("ec", origin), published("rsa", other_origin)});
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

  std::shared_ptr<tunnel::PublishedService> published(const std::string& certificate, support::OriginLog& log) {
    auto service = std::make_shared<tunnel::PublishedService>(
        tunnel::PublishedService{service_name(certificate), certificate, {}, {}});
    service->context = tunnel::make_service_context(store::load_identity(support::certificate_file(certificate)));
    service->origin = std::make_unique<support::TestOrigin>(io, log);
    return service;
  }

  void pin(const std::string& name, const std::string& certificate) {
    const auto error = io.await(names.pin(*Petname::parse(name), service_name(certificate)));
    if (error) throw std::system_error(error);
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

  std::string upload(std::size_t size) const {
    return "POST / HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
  }

  static std::string get(const std::string& host) { return "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"; }

  /// The origin's end of its `n`th connection, once there is one.
  ByteStream& at_origin(std::size_t n = 0) { return at(origin, n); }
  ByteStream& at(support::OriginLog& log, std::size_t n = 0) {
    if (!io.run_until([&log, n] { return log.connections.size() > n; }))
      throw std::runtime_error("the origin was not connected");
    return *log.connections[n];
  }

  std::string host = service_name("ec").label() + ".localhost";
  std::string request = get(host);
  std::uint16_t port = 0;
  BufferPool buffers;
  support::TestIo io;
  TaskGroup sessions{io.executor()};
  TaskGroup dials{io.executor()};
  support::OriginLog origin;
  support::OriginLog other_origin;  ///< of the service "rsa"
  support::ScriptedFinder finder{io.executor()};
  tunnel::Dialer dialer{io.executor(), finder, dials};
  tunnel::P2pListener listener{io.executor(), buffers, [] { return std::string(); }};
  store::TempDir dir;
  asio::thread_pool files{1};
  store::NameBook names{dir / "names", files};
  store::PeerStore store{dir / "peers.db"};
  store::VisitLog visits{store};
  Echo dashboard;
  tunnel::TunnelTools tools{io.executor(), buffers, dialer, finder};
  LocalProxy proxy{tools, names, visits, dashboard};
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
  const auto head = upload(up.size());
  auto sent = io.start(writing_and_ending(*browser, head + up));
  auto& service = at_origin();
  auto answered = io.start(writing_and_ending(service, down));
  auto received = io.start(reading_to_end(service));
  const auto response = io.await(reading_to_end(*browser));
  EXPECT_TRUE(response.text == down);
  EXPECT_FALSE(response.error);
  EXPECT_TRUE(received.get().text == head + up);
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
  const auto head = upload(support::kMoreThanBuffersHold);
  auto sent = io.start(writing(*browser, head + noise(support::kMoreThanBuffersHold, 3)));
  EXPECT_EQ(io.await(reading(at_origin(), head.size())), head);
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
  LocalProxy second(tools, names, visits, dashboard);
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
                         testing::Values("example.org", "127.0.0.1:7009", "[::1]:7009", "a.b.localhost",
                                         "03b131fef9459a4a73da0c27e5b9e96362859de6.example.org",
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
                    Bad{"OtherScheme", 400, "GET https://a.localhost/ HTTP/1.1\r\nHost: a.localhost\r\n\r\n"},
                    Bad{"Tls", 400, std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)},
                    Bad{"Http2", 400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}, Bad{"Nonsense", 400, "hello\r\n\r\n"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_F(LocalProxyTest, RefusesAHeadThatIsTooLarge) {
  const auto cookie = std::string(http::kMaxRequestHead, 'x');
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
  finder.candidates = {{impostor.endpoint(), find::Source::lan}};
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
  second.open(0, 0);
  second.publish({published("ec", second_origin)});
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
  finder.candidates = {{dying.endpoint(), find::Source::lan}};
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
  auto sent = GetParam().start + "Host: NAME\r\n" + GetParam().fields;
  for (std::size_t at = 0; (at = sent.find("NAME")) != std::string::npos;) sent.replace(at, 4, host);
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
                    NotRepeated{"Pipelined", "GET / HTTP/1.1\r\n", "\r\nGET /2 HTTP/1.1\r\nHost: NAME\r\n\r\n"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_F(LocalProxyTest, RepeatsNothingBehindWhichMoreWasSent) {
  const auto browser = connect();
  ASSERT_FALSE(io.await(writing(*browser, request)));
  EXPECT_EQ(io.await(reading(at_origin(), request.size())), request);
  const auto more = get(host);
  ASSERT_FALSE(io.await(writing(*browser, more)));
  EXPECT_EQ(io.await(reading(at_origin(), more.size())), more);
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
  const auto head = upload(support::kMoreThanBuffersHold);
  auto sent = io.start(writing(*browser, head + noise(support::kMoreThanBuffersHold, 4)));
  EXPECT_EQ(io.await(reading(at_origin(), head.size())), head);
  at_origin().close();
  const auto response = io.await(reading_to_end(*browser));
  EXPECT_EQ(HttpResponse::parse(response.text).status, 502);
  EXPECT_FALSE(response.error);
}

TEST_F(LocalProxyTest, SaysThatAnOldServersSilenceMayMeanAWrongPassword) {
  ScriptedServer old_server(io, "ec");
  finder.candidates = {{old_server.endpoint(), find::Source::lan}};
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

class HostOfTheDashboard : public LocalProxyTest, public testing::WithParamInterface<const char*> {};

TEST_P(HostOfTheDashboard, LeadsThere) {
  const auto response = ask("GET / HTTP/1.1\r\nHost: " + std::string(GetParam()) + "\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "GET / of " + std::string(GetParam()) + ' ');
  EXPECT_EQ(finder.searches, 0);
}

INSTANTIATE_TEST_SUITE_P(Spellings, HostOfTheDashboard,
                         testing::Values("localhost", "localhost:7009", "LocalHost.", "localhost:80",
                                         "hardline.localhost", "HARDLINE.localhost.:7009"));

TEST_F(LocalProxyTest, LeadsAProxysClientToTheDashboardAsAnyoneElse) {
  const auto response =
      ask("POST http://localhost:7009/api?x HTTP/1.1\r\nHost: other.localhost\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_EQ(response.body, "POST /api?x of localhost:7009 hi");
}

TEST_F(LocalProxyTest, EndsWhatTheDashboardShowsWhenItCloses) {
  const auto browser = connect();
  ASSERT_FALSE(io.await(writing(*browser, "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")));
  io.settle();
  EXPECT_EQ(proxy.sessions().size(), 1u);
  io.await(proxy.sessions().finish(10s));
  EXPECT_TRUE(io.run_until([this] { return proxy.sessions().size() == 0; }));
}

TEST_F(LocalProxyTest, LeadsByAPetname) {
  pin("wiki", "ec");
  const auto browser = connect();
  const auto asked = get("Wiki.localhost:" + std::to_string(port));
  ASSERT_FALSE(io.await(writing(*browser, asked)));
  EXPECT_EQ(io.await(reading(at_origin(), asked.size())), asked);
}

TEST_F(LocalProxyTest, OffersToPinAServiceUnderANameThatIsNobodys) {
  const auto response = ask(get("Wiki.localhost"));
  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(response.body, HasSubstr("http://localhost:" + std::to_string(port) + "/?pin=wiki"));
  EXPECT_THAT(ask(get("wi_ki.localhost")).body, testing::Not(HasSubstr("pin=")));
}

TEST_F(LocalProxyTest, EndsTheSessionsOfAPetnameAlone) {
  pin("wiki", "ec");
  const auto by_petname = connect();
  ASSERT_FALSE(io.await(writing(*by_petname, get("wiki.localhost"))));
  at_origin();
  const auto by_own_name = connect();
  ASSERT_FALSE(io.await(writing(*by_own_name, request)));
  at_origin(1);
  proxy.close_named("other");
  EXPECT_EQ(proxy.sessions().size(), 2u);
  proxy.close_named("wiki");
  EXPECT_TRUE(io.await(reading_to_end(*by_petname)).error);
  EXPECT_TRUE(io.run_until([this] { return proxy.sessions().size() == 1; }));
  ASSERT_FALSE(io.await(writing(at_origin(1), "answer")));
  EXPECT_EQ(io.await(reading(*by_own_name, 6)), "answer");
}

/// A petname that browsers know as the service "rsa", and that leads to "ec" now.
class ChangedName : public LocalProxyTest {
 protected:
  ChangedName() {
    pin("wiki", "ec");
    visits.show("wiki", keeper(), service_name("rsa").key);
  }

  /// Of one without a User-Agent.
  store::Keeper keeper() const { return keeper_of(*http::parse_request_head(asking(""))); }

  std::string asking(const std::string& fields, const std::string& target = "/a?b") const {
    return "GET " + target + " HTTP/1.1\r\nHost: " + authority + "\r\n" + fields + "\r\n";
  }

  /// Whether `sent` gets to the service.
  void expect_passed(const std::string& sent) {
    const auto browser = connect();
    ASSERT_FALSE(io.await(writing(*browser, sent)));
    EXPECT_EQ(io.await(reading(at_origin(origin.connections.size()), sent.size())), sent);
  }

  static constexpr auto kNavigation = "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nCookie: a=b\r\n";
  const std::string authority = "wiki.localhost:" + std::to_string(port);
};

TEST_F(ChangedName, HasABrowserForgetTheOldServiceOnce) {
  const auto response = ask(asking(kNavigation));
  EXPECT_EQ(response.status, 303);
  EXPECT_EQ(response.field("Location"), "http://" + authority + "/a?b");
  EXPECT_EQ(response.field("Clear-Site-Data"), R"("cache", "cookies", "storage")");
  EXPECT_EQ(response.field("Cache-Control"), "no-store");
  EXPECT_EQ(response.field("Connection"), "close");
  EXPECT_EQ(finder.searches, 0);
  expect_passed(asking(kNavigation));
}

TEST_F(ChangedName, KeepsWhatABrowserKnowsOfTheOldServiceFromTheNewOne) {
  for (const auto* fields :
       {"Sec-Fetch-Mode: no-cors\r\n", "Cookie: a=b\r\n", "Sec-Purpose: prefetch\r\nSec-Fetch-Mode: navigate\r\n"})
    EXPECT_EQ(ask(asking(fields)).status, 409) << fields;
  EXPECT_EQ(ask(asking("Origin: http://" + authority + "\r\n")).status, 409);
  EXPECT_EQ(ask(asking(kNavigation)).status, 303) << "nothing has consumed that";
  expect_passed(asking("Cookie: a=b\r\n"));
}

TEST_F(ChangedName, IsNothingToProgramsThatKeepNothing) {
  expect_passed(asking("Accept: */*\r\n"));
  EXPECT_EQ(ask(asking(kNavigation)).status, 303);
}

TEST_F(ChangedName, HasABrowserForgetThroughTheProxyToo) {
  const auto response = ask("GET http://wiki.localhost//a HTTP/1.1\r\nAccept: text/html\r\n\r\n");
  EXPECT_EQ(response.status, 303);
  EXPECT_EQ(response.field("Location"), "http://wiki.localhost//a");
  EXPECT_EQ(ask(asking(kNavigation)).status, 303) << "to the browser, that was another origin";
}

TEST_F(ChangedName, HasEachBrowserForget) {
  visits.show("wiki", keeper_of(*http::parse_request_head(asking("User-Agent: Mozilla/5.0 Other\r\n"))),
              service_name("rsa").key);
  EXPECT_EQ(ask(asking("Accept: text/html\r\nUser-Agent: curl/7.88.1\r\n")).status, 303);
  EXPECT_EQ(ask(asking(kNavigation)).status, 303);
  EXPECT_EQ(ask(asking(std::string(kNavigation) + "User-Agent: Mozilla/5.1 Other\r\n")).status, 303);
  expect_passed(asking(kNavigation));
}

TEST_F(ChangedName, IsToldToNoOtherSpellingInstead) {
  const auto with_dot = "GET / HTTP/1.1\r\nHost: wiki.localhost.:7009\r\n" + std::string(kNavigation) + "\r\n";
  EXPECT_EQ(ask(with_dot).status, 421);
  EXPECT_EQ(ask("GET http://wiki.localhost:81/ HTTP/1.1\r\nAccept: text/html\r\n\r\n").status, 421);
  EXPECT_EQ(ask(asking(kNavigation)).status, 303);
}

TEST_F(ChangedName, LetsNoBrowserThroughByConnect) {
  EXPECT_EQ(ask("CONNECT wiki.localhost:80 HTTP/1.1\r\nUser-Agent: Mozilla/5.0\r\n\r\n").status, 409);
  const auto program = connect();
  ASSERT_FALSE(io.await(writing(*program, "CONNECT wiki.localhost:80 HTTP/1.1\r\n\r\n")));
  at_origin();
}

TEST_F(LocalProxyTest, RemembersWhatABrowserIsShownUnderAName) {
  pin("wiki", "ec");
  const auto program = connect();
  ASSERT_FALSE(io.await(writing(*program, get("wiki.localhost"))));
  at_origin();
  const auto keeper = keeper_of(*http::parse_request_head(get("wiki.localhost")));
  const auto& another = service_name("rsa").key;
  EXPECT_FALSE(visits.may_hold_another("wiki", keeper, another));
  const auto browser = connect();
  ASSERT_FALSE(io.await(writing(*browser, "GET / HTTP/1.1\r\nHost: wiki.localhost\r\nAccept: text/html\r\n\r\n")));
  at_origin(1);
  EXPECT_TRUE(visits.may_hold_another("wiki", keeper, another));
}

/// Of a browser that has opened a page by the petname "wiki", and keeps its connection.
class KeptConnection : public LocalProxyTest {
 protected:
  KeptConnection() {
    pin("wiki", "ec");
    const auto first = of_own_page();
    if (io.await(writing(*browser, first))) throw std::runtime_error("nothing is taken");
    EXPECT_EQ(io.await(reading(at_origin(), first.size())), first);
    const std::string answer = "HTTP/1.1 204 No Content\r\n\r\n";
    EXPECT_FALSE(io.await(writing(at_origin(), answer)));
    EXPECT_EQ(io.await(reading(*browser, answer.size())), answer);
  }

  std::string head(const std::string& method, const std::string& site, const std::string& fields = "") const {
    return method + " / HTTP/1.1\r\nHost: wiki.localhost:" + std::to_string(port) + "\r\nSec-Fetch-Site: " + site +
           "\r\n" + fields + "\r\n";
  }
  std::string of_own_page(const std::string& fields = "") const { return head("GET", "same-origin", fields); }

  void expect_passed(const std::string& sent) {
    ASSERT_FALSE(io.await(writing(*browser, sent)));
    EXPECT_EQ(io.await(reading(at_origin(), sent.size())), sent);
  }

  support::SocketStreamPtr browser = connect();
};

TEST_F(KeptConnection, CarriesMoreRequestsOfTheSamePage) {
  expect_passed(of_own_page());
  expect_passed(head("POST", "same-origin", "Content-Length: 5\r\n") + "hello" + of_own_page());
  expect_passed(head("POST", "same-origin", "Transfer-Encoding: chunked\r\n") + "2\r\nhi\r\n0\r\n\r\n");
  expect_passed(of_own_page());
}

TEST_F(KeptConnection, CarriesAnUploadOfAnyLength) {
  const auto content = noise(support::kMoreThanBuffersHold, 4);
  const auto sent = head("PUT", "same-origin", "Content-Length: " + std::to_string(content.size()) + "\r\n") + content;
  auto upload = io.start(writing(*browser, sent));
  EXPECT_EQ(io.await(reading(at_origin(), sent.size())), sent);
  expect_passed(of_own_page());
}

TEST_F(KeptConnection, CarriesAHeadThatComesInPieces) {
  const auto sent = of_own_page();
  ASSERT_FALSE(io.await(writing(*browser, sent.substr(0, 20))));
  io.settle();
  ASSERT_FALSE(io.await(writing(*browser, sent.substr(20))));
  EXPECT_EQ(io.await(reading(at_origin(), sent.size())), sent);
}

TEST_F(KeptConnection, LooksAtNothingBehindAnUpgrade) {
  expect_passed(of_own_page("Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  const std::string answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
  ASSERT_FALSE(io.await(writing(at_origin(), answer)));
  EXPECT_EQ(io.await(reading(*browser, answer.size())), answer);
  expect_passed("\x81\x05hello" + head("POST", "cross-site"));
}

TEST_F(KeptConnection, AnswersWhatAnotherSitesPageSendsOnItAsOnANewOne) {
  const auto named = "GET / HTTP/1.1\r\nHost: other.localhost:" + std::to_string(port) + "\r\n\r\n";
  const std::string no_content = "HTTP/1.1 204 No Content\r\n\r\n";
  for (const auto& [sent, status] :
       {std::pair(head("POST", "cross-site"), 403), std::pair(head("GET", "same-site"), 403),
        std::pair(std::string("no request\r\n"), 400), std::pair(named, 404),
        std::pair(head("POST", "same-origin", "Content-Length: 1\r\nContent-Length: 2\r\n"), 400)}) {
    SCOPED_TRACE(sent);
    const auto count = origin.connections.size();
    const auto kept = connect();
    const auto first = of_own_page();
    ASSERT_FALSE(io.await(writing(*kept, first)));
    ASSERT_EQ(io.await(reading(at_origin(count), first.size())), first);
    ASSERT_FALSE(io.await(writing(*kept, sent)));
    ASSERT_FALSE(io.await(writing(at_origin(count), no_content)));
    EXPECT_EQ(io.await(reading(*kept, no_content.size())), no_content);
    const auto answer = io.await(reading_to_end(*kept));
    EXPECT_FALSE(answer.error);
    EXPECT_EQ(HttpResponse::parse(answer.text).status, status);
    EXPECT_EQ(io.await(reading_to_end(at_origin(count))).text, "");
  }
}

TEST_F(KeptConnection, HasABrowserForgetWhereItsNameLedElsewhere) {
  const auto of_another = of_own_page("Accept: text/html\r\nSec-Fetch-Mode: navigate\r\nUser-Agent: Other\r\n");
  visits.show("wiki", keeper_of(*http::parse_request_head(of_another)), service_name("rsa").key);
  ASSERT_FALSE(io.await(writing(*browser, of_another)));
  EXPECT_EQ(HttpResponse::parse(io.await(reading_to_end(*browser)).text).status, 303);
}

TEST_F(KeptConnection, IsLookedAtInABrowsersConnectToo) {
  const auto own = "http://wiki.localhost:" + std::to_string(port);
  const auto websocket = [this](const std::string& from) {
    return "GET / HTTP/1.1\r\nHost: wiki.localhost:" + std::to_string(port) + "\r\nOrigin: " + from +
           "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  };
  for (const auto& from : {own, std::string("http://example.org")}) {
    const auto count = origin.connections.size();
    const auto client = connect();
    const auto start =
        "CONNECT wiki.localhost:" + std::to_string(port) + " HTTP/1.1\r\nUser-Agent: Mozilla/5.0\r\n\r\n";
    ASSERT_FALSE(io.await(writing(*client, start)));
    auto& far = at_origin(count);
    const std::string established = "HTTP/1.1 200 Connection established\r\n\r\n";
    EXPECT_EQ(io.await(reading(*client, established.size())), established);
    const auto sent = websocket(from);
    ASSERT_FALSE(io.await(writing(*client, sent)));
    EXPECT_EQ(io.await(reading(far, from == own ? sent.size() : 1)), from == own ? sent : "");
  }
}

TEST_F(KeptConnection, TellsABrowserWhoseContentHasNoEnd) {
  EXPECT_EQ(ask(head("POST", "same-origin", "Content-Length: x\r\n")).status, 400);
}

/// A kept connection, as of a reverse proxy, whose requests lead to several places.
class RoutedOneByOne : public LocalProxyTest {
 protected:
  std::string other_host = service_name("rsa").label() + ".localhost";
  std::string other_request = get(other_host);
  support::SocketStreamPtr client = connect();

  static std::string answer(const std::string& content, const std::string& fields = "") {
    return "HTTP/1.1 200 OK\r\n" + fields + "Content-Length: " + std::to_string(content.size()) + "\r\n\r\n" + content;
  }

  void send(const std::string& sent) { ASSERT_FALSE(io.await(writing(*client, sent))); }
  void expect_at(ByteStream& service, const std::string& sent) {
    EXPECT_EQ(io.await(reading(service, sent.size())), sent);
  }
  /// `service` says it, and it gets back to the client.
  void expect_answer(ByteStream& service, const std::string& said) {
    ASSERT_FALSE(io.await(writing(service, said)));
    EXPECT_EQ(io.await(reading(*client, said.size())), said);
  }
  /// Up to its end, which is a proper one.
  std::string rest() {
    const auto rest = io.await(reading_to_end(*client));
    EXPECT_FALSE(rest.error) << rest.error.message();
    return rest.text;
  }
};

TEST_F(RoutedOneByOne, LeadsEachRequestToItsOwnService) {
  for (std::size_t i = 0; i < 10; ++i) {
    send(request);
    expect_at(at(origin, i), request);
    expect_answer(at(origin, i), answer("of ec"));
    send(other_request);
    expect_at(at(other_origin, i), other_request);
    expect_answer(at(other_origin, i), answer("of rsa"));
  }
}

TEST_F(RoutedOneByOne, AnswersPipelinedRequestsInTheirOrder) {
  send(request + request + other_request + request);
  auto& first = at(origin);
  expect_at(first, request + request);
  ASSERT_FALSE(io.await(writing(first, answer("1"))));
  io.settle();
  EXPECT_EQ(other_origin.asked, 0u) << "before all before it is answered";
  ASSERT_FALSE(io.await(writing(first, answer("2"))));
  expect_at(at(other_origin), other_request);
  EXPECT_EQ(io.await(reading_to_end(first)).text, "");
  ASSERT_FALSE(io.await(writing(at(other_origin), answer("3"))));
  expect_at(at(origin, 1), request);
  ASSERT_FALSE(io.await(writing(at(origin, 1), answer("4"))));
  const auto all = answer("1") + answer("2") + answer("3") + answer("4");
  EXPECT_EQ(io.await(reading(*client, all.size())), all);
}

TEST_F(RoutedOneByOne, TakesNoContentForARequest) {
  const auto post = [this](const std::string& fields, const std::string& content) {
    return "POST / HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\n" + content;
  };
  const auto chunk = fmt::format("{:x}\r\n{}\r\n0\r\n\r\n", other_request.size(), other_request);
  std::size_t n = 0;
  for (const auto& upload : {post("Content-Length: " + std::to_string(other_request.size()) + "\r\n", other_request),
                             post("Transfer-Encoding: chunked\r\n", chunk)}) {
    send(upload + other_request);
    expect_at(at(origin, n), upload);
    expect_answer(at(origin, n), answer("taken"));
    expect_at(at(other_origin, n), other_request);
    expect_answer(at(other_origin, n), answer("here"));
    ++n;
  }
}

TEST_F(RoutedOneByOne, KnowsAnswersWithoutContent) {
  const std::pair<std::string, std::string> exchanges[] = {
      {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"},
      {"GET", "HTTP/1.1 204 No Content\r\n\r\n"},
      {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"},
      {"GET",
       "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"},
  };
  std::size_t n = 0;
  for (const auto& [method, said] : exchanges) {
    const auto asked = method + " / HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    send(asked + other_request);
    expect_at(at(origin, n), asked);
    expect_answer(at(origin, n), said);
    expect_at(at(other_origin, n), other_request);
    expect_answer(at(other_origin, n), answer("here"));
    ++n;
  }
}

TEST_F(RoutedOneByOne, LetsEachServiceAskForItsContent) {
  const auto put = "PUT / HTTP/1.1\r\nHost: " + other_host + "\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  send(request + put);
  expect_at(at(origin), request);
  expect_answer(at(origin), answer("first"));
  expect_at(at(other_origin), put);
  expect_answer(at(other_origin), "HTTP/1.1 100 Continue\r\n\r\n");
  send("hi" + request);
  expect_at(at(other_origin), "hi");
  expect_answer(at(other_origin), answer("taken"));
  expect_at(at(origin, 1), request);
}

TEST_F(RoutedOneByOne, LeadsToTheDashboardAndBack) {
  const auto of_dashboard = get("localhost:7009");
  const std::string said = "GET / of localhost:7009 ";
  const auto expect_dashboard = [&] {
    std::string text;
    while (!text.ends_with(said)) text += io.await(reading(*client, 1));
    EXPECT_EQ(HttpResponse::parse(text).status, 200);
  };
  send(of_dashboard);
  expect_dashboard();
  send(request);
  expect_at(at(origin), request);
  expect_answer(at(origin), answer("of ec"));
  send(of_dashboard + of_dashboard + request);
  expect_dashboard();
  expect_dashboard();
  expect_at(at(origin, 1), request);
  expect_answer(at(origin, 1), answer("of ec"));
  EXPECT_EQ(dashboard.asked, 3);
}

TEST_F(RoutedOneByOne, AnswersNothingBehindTheLastAnswer) {
  send(request + other_request);
  expect_at(at(origin), request);
  const auto last = answer("last", "Connection: close\r\n");
  ASSERT_FALSE(io.await(writing(at(origin), last)));
  EXPECT_EQ(rest(), last);
  EXPECT_EQ(other_origin.asked, 0u);
}

TEST_F(RoutedOneByOne, AnswersNothingBehindOneThatEndsWithItsConnection) {
  send(request + other_request);
  expect_at(at(origin), request);
  expect_answer(at(origin), "HTTP/1.1 200 OK\r\n\r\nhalf of ");
  io.await(writing_and_ending(at(origin), "it"));
  EXPECT_EQ(rest(), "it");
  EXPECT_EQ(other_origin.asked, 0u);
}

TEST_F(RoutedOneByOne, EndsWhereNobodyCanTellWhatWasAnswered) {
  send(request);
  expect_at(at(origin), request);
  expect_answer(at(origin), "no HTTP");
  send(request);
  expect_at(at(origin), request);
  expect_answer(at(origin), "nor this");
  send(other_request);
  EXPECT_EQ(rest(), "");
  EXPECT_EQ(other_origin.asked, 0u);
}

TEST_F(RoutedOneByOne, TakesNothingThatWasNotAskedForForAnAnswer) {
  send(request + other_request);
  expect_at(at(origin), request);
  ASSERT_FALSE(io.await(writing(at(origin), answer("asked") + answer("not asked"))));
  expect_at(at(other_origin), other_request);
  ASSERT_FALSE(io.await(writing(at(other_origin), answer("other"))));
  const auto all = answer("asked") + answer("other");
  EXPECT_EQ(io.await(reading(*client, all.size())), all);
}

TEST_F(RoutedOneByOne, EndsBehindWhatAServiceSaysUnasked) {
  send(request);
  expect_at(at(origin), request);
  expect_answer(at(origin), answer("asked") + "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
  send(other_request);
  EXPECT_EQ(rest(), "");
  EXPECT_EQ(other_origin.asked, 0u);
}

TEST_F(RoutedOneByOne, SaysInTheRequestsPlaceThatItsServiceIsDown) {
  other_origin.refuse_with = std::make_error_code(std::errc::connection_refused);
  send(request + other_request);
  expect_at(at(origin), request);
  expect_answer(at(origin), answer("first"));
  EXPECT_EQ(HttpResponse::parse(rest()).status, 503);
}

TEST_F(RoutedOneByOne, SaysInTheRequestsPlaceThatItsNameLeadsNowhere) {
  for (const auto& [name, status] : {std::pair("example.org", 421), std::pair("nobody.localhost", 404)}) {
    client = connect();
    const auto n = origin.connections.size();
    send(request + get(name));
    expect_at(at(origin, n), request);
    expect_answer(at(origin, n), answer("first"));
    EXPECT_EQ(HttpResponse::parse(rest()).status, status);
  }
}

TEST_F(RoutedOneByOne, LeadsAProxysRequestBehindAnother) {
  send(request + "GET http://" + other_host + "/x HTTP/1.1\r\nHost: " + other_host + "\r\n\r\n");
  expect_at(at(origin), request);
  expect_answer(at(origin), answer("first"));
  expect_at(at(other_origin), "GET /x HTTP/1.1\r\nHost: " + other_host + "\r\nConnection: close\r\n\r\n");
  io.await(writing_and_ending(at(other_origin), answer("second")));
  EXPECT_EQ(HttpResponse::parse(rest()).body, "second");
}

TEST_F(RoutedOneByOne, ConnectsBehindARequest) {
  send(request + "CONNECT " + other_host + ":22 HTTP/1.1\r\n\r\nfirst");
  expect_at(at(origin), request);
  expect_answer(at(origin), answer("first"));
  expect_at(at(other_origin), "first");
  const std::string established = "HTTP/1.1 200 Connection established\r\n\r\n";
  EXPECT_EQ(io.await(reading(*client, established.size())), established);
  expect_answer(at(other_origin), "SSH-2.0-x\r\n");
}

TEST_F(RoutedOneByOne, LeadsOnWhereAnUpgradeWasDeclined) {
  const auto upgrade = "GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
  send(upgrade + request + other_request);
  expect_at(at(origin), upgrade);
  expect_answer(at(origin), answer("no"));
  expect_at(at(origin), request);
  expect_answer(at(origin), answer("first"));
  expect_at(at(other_origin), other_request);
}

TEST_F(RoutedOneByOne, LooksAtNothingBehindAnUpgrade) {
  const auto upgrade = "GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n";
  send(upgrade + other_request);
  expect_at(at(origin), upgrade);
  expect_answer(at(origin), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");
  expect_at(at(origin), other_request);
  EXPECT_EQ(other_origin.asked, 0u);
}

TEST_F(RoutedOneByOne, TakesAnEmptyLineBetweenRequests) {
  send(request + "\r\n" + other_request);
  expect_at(at(origin), request + "\r\n");
  expect_answer(at(origin), answer("first"));
  expect_at(at(other_origin), other_request);
}

TEST_F(RoutedOneByOne, AnswersAClientThatHasEnded) {
  io.await(writing_and_ending(*client, request + other_request));
  expect_at(at(origin), request);
  expect_answer(at(origin), answer("first"));
  EXPECT_EQ(io.await(reading_to_end(at(other_origin))).text, other_request);
  io.await(writing_and_ending(at(other_origin), answer("second")));
  EXPECT_EQ(rest(), answer("second"));
}

TEST_F(RoutedOneByOne, AsksAgainWhereTheSecondTunnelEndsWithoutAnAnswer) {
  send(request);
  expect_at(at(origin), request);
  expect_answer(at(origin), answer("first"));
  send(other_request);
  expect_at(at(other_origin), other_request);
  at(other_origin).abort();
  expect_at(at(other_origin, 1), other_request);
  expect_answer(at(other_origin, 1), answer("second"));
}

TEST_F(RoutedOneByOne, NoticesThatAClientHasGoneWhileARequestWaits) {
  send(request + other_request);
  expect_at(at(origin), request);
  io.settle();
  client->abort();
  EXPECT_TRUE(io.await(reading_to_end(at(origin))).error);
}

TEST_F(RoutedOneByOne, BelongsToThePetnameOfThePresentRequest) {
  pin("wiki", "ec");
  const auto by_petname = get("wiki.localhost");
  send(by_petname);
  expect_at(at(origin), by_petname);
  expect_answer(at(origin), answer("by petname"));
  send(request);
  expect_at(at(origin, 1), request);
  proxy.close_named("wiki");
  expect_answer(at(origin, 1), answer("by its own name"));
  send(by_petname);
  expect_at(at(origin, 2), by_petname);
  proxy.close_named("wiki");
  EXPECT_TRUE(io.await(reading_to_end(*client)).error);
}

TEST_F(RoutedOneByOne, AsksForAPasswordOncePerName) {
  send(request);
  expect_at(at(origin), request);
  expect_answer(at(origin), answer("first"));
  send(get("wrong-" + service_name("ec").key.hex() + ".localhost"));
  EXPECT_EQ(HttpResponse::parse(rest()).status, 403);
}

TEST_F(RoutedOneByOne, HoldsNoBufferWhileIdle) {
  const auto content = noise(support::kMoreThanBuffersHold, 7);
  send(request);
  expect_at(at(origin), request);
  auto said = io.start(writing(at(origin), answer(content)));
  EXPECT_TRUE(io.await(reading(*client, answer(content).size())) == answer(content));
  EXPECT_FALSE(said.get());
  io.settle();
  EXPECT_EQ(buffers.lent(), 0u);
}

class Connect : public LocalProxyTest, public testing::WithParamInterface<const char*> {};

TEST_P(Connect, LeadsBytesOfAnyKindToAService) {
  pin("nas", "ec");
  std::string authority = GetParam();
  if (const auto at = authority.find("NAME"); at != std::string::npos)
    authority.replace(at, 4, service_name("ec").label());
  const auto program = connect();
  ASSERT_FALSE(io.await(writing(*program, "CONNECT " + authority + " HTTP/1.1\r\n\r\nfirst")));
  EXPECT_EQ(io.await(reading(at_origin(), 5)), "first");
  const std::string established = "HTTP/1.1 200 Connection established\r\n\r\n";
  EXPECT_EQ(io.await(reading(*program, established.size())), established);
  io.await(writing_and_ending(at_origin(), "SSH-2.0-x\r\n"));
  EXPECT_EQ(io.await(reading_to_end(*program)).text, "SSH-2.0-x\r\n");
  io.await(writing_and_ending(*program, "more"));
  EXPECT_EQ(io.await(reading_to_end(at_origin())).text, "more");
}

INSTANTIATE_TEST_SUITE_P(Names, Connect,
                         testing::Values("NAME.localhost:22", "nas.localhost:1", "NAS.LOCALHOST:65535"));

TEST_F(LocalProxyTest, LetsTheServiceOfAConnectSpeakFirst) {
  const auto program = connect();
  ASSERT_FALSE(io.await(writing(*program, "CONNECT " + host + ":22 HTTP/1.0\r\n\r\n")));
  ASSERT_FALSE(io.await(writing(at_origin(), "SSH-2.0-x\r\n")));
  EXPECT_THAT(io.await(reading(*program, 50)), testing::EndsWith("\r\n\r\nSSH-2.0-x\r\n"));
}

TEST_F(LocalProxyTest, CutsAConnectWhoseServiceIsCut) {
  const auto program = connect();
  ASSERT_FALSE(io.await(writing(*program, "CONNECT " + host + ":22 HTTP/1.1\r\n\r\n")));
  at_origin().abort();
  EXPECT_TRUE(io.await(reading_to_end(*program)).error);
}

TEST_F(LocalProxyTest, SaysWhyAConnectFails) {
  finder.candidates.clear();
  EXPECT_EQ(ask("CONNECT " + host + ":22 HTTP/1.1\r\n\r\n").status, 503);
  EXPECT_EQ(ask("CONNECT nobody.localhost:22 HTTP/1.1\r\n\r\n").status, 404);
}

class ProxyRequest : public LocalProxyTest, public testing::WithParamInterface<const char*> {};

TEST_P(ProxyRequest, LeadsToServicesOnly) {
  const auto response = ask(std::string(GetParam()) + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  EXPECT_EQ(response.status, 403);
  EXPECT_THAT(response.body, HasSubstr("*.localhost"));
  EXPECT_EQ(finder.searches, 0);
  EXPECT_EQ(dashboard.asked, 0);
}

INSTANTIATE_TEST_SUITE_P(Elsewhere, ProxyRequest,
                         testing::Values("CONNECT example.org:443", "CONNECT 127.0.0.1:22", "CONNECT [::1]:22",
                                         "CONNECT localhost:7009", "CONNECT LOCALHOST.:22",
                                         "CONNECT hardline.localhost:7009", "CONNECT a.b.localhost:1",
                                         "GET http://example.org/", "GET http://127.0.0.1:7009/",
                                         "POST http://localhost.example.org/"));

/// A program that says whole addresses, as to a proxy.
class ForwardProxy : public LocalProxyTest {
 protected:
  std::string asking(const std::string& method, const std::string& fields = "", const std::string& content = "") const {
    return method + " http://" + host + "/x HTTP/1.1\r\nHost: " + host + "\r\nProxy-Connection: keep-alive\r\n" +
           fields + "\r\n" + content;
  }
  /// What of that comes to the service.
  std::string told(const std::string& method, const std::string& fields = "", const std::string& content = "") const {
    return method + " /x HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "Connection: close\r\n\r\n" + content;
  }
};

TEST_F(ForwardProxy, AsksTheServiceInOriginForm) {
  const auto program = connect();
  ASSERT_FALSE(io.await(writing(*program, asking("GET", "Accept: */*\r\n"))));
  const auto expected = told("GET", "Accept: */*\r\n");
  EXPECT_EQ(io.await(reading(at_origin(), expected.size())), expected);
  io.await(writing_and_ending(at_origin(), "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: x\r\n\r\nbody"));
  const auto response = io.await(reading_to_end(*program));
  EXPECT_EQ(response.text, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbody");
  EXPECT_FALSE(response.error);
}

TEST_F(ForwardProxy, TellsTheServiceOneRequestOfAConnection) {
  const auto program = connect();
  ASSERT_FALSE(io.await(writing(*program, asking("GET") + asking("DELETE"))));
  EXPECT_EQ(io.await(reading(at_origin(), told("GET").size())), told("GET"));
  ASSERT_FALSE(io.await(writing(*program, asking("DELETE"))));
  io.settle();
  ASSERT_FALSE(io.await(writing(at_origin(), "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1")));
  io.await(program->end_writing());
  EXPECT_EQ(io.await(reading_to_end(at_origin())).text, "");
  at_origin().close();
  EXPECT_EQ(HttpResponse::parse(io.await(reading_to_end(*program)).text).body, "1");
  EXPECT_EQ(origin.asked, 1u);
}

TEST_F(ForwardProxy, CarriesContentOfAToldLengthAndNoMore) {
  const auto program = connect();
  auto expected = told("POST", "Content-Length: 6\r\n", "abcdef");
  ASSERT_FALSE(io.await(writing(*program, asking("POST", "Content-Length: 6\r\n", "abc"))));
  EXPECT_EQ(io.await(reading(at_origin(), expected.size() - 3)), expected.substr(0, expected.size() - 3));
  io.await(writing_and_ending(*program, "def" + asking("GET")));
  EXPECT_EQ(io.await(reading_to_end(at_origin())).text, "def");
}

TEST_F(ForwardProxy, CarriesContentInChunksAndNoMore) {
  const std::string chunks = "3;x=\"y\"\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nTrailer: a\r\n\r\n";
  for (std::size_t piece = 1; piece < chunks.size(); piece += 5) {
    const auto program = connect();
    ASSERT_FALSE(
        io.await(writing(*program, asking("POST", "Transfer-Encoding: chunked\r\n", chunks.substr(0, piece)))));
    auto& service = at_origin(origin.connections.size());
    const auto expected = told("POST", "Transfer-Encoding: chunked\r\n", chunks);
    const auto before = expected.size() - chunks.size() + piece;
    EXPECT_EQ(io.await(reading(service, before)), expected.substr(0, before));
    io.await(writing_and_ending(*program, chunks.substr(piece) + asking("GET")));
    EXPECT_EQ(io.await(reading_to_end(service)).text, chunks.substr(piece)) << piece;
  }
}

TEST_F(ForwardProxy, CarriesMuchContentOfEitherKind) {
  const auto content = noise(support::kMoreThanBuffersHold, 5);
  const auto length = std::to_string(content.size());
  const auto chunk = fmt::format("{:x}\r\n{}\r\n0\r\n\r\n", content.size(), content);
  for (const auto& [fields, body] : {std::pair("Content-Length: " + length + "\r\n", content),
                                     std::pair(std::string("Transfer-Encoding: chunked\r\n"), chunk)}) {
    const auto program = connect();
    auto sent = io.start(writing_and_ending(*program, asking("PUT", fields, body) + asking("GET")));
    EXPECT_TRUE(io.await(reading_to_end(at_origin(origin.connections.size()))).text == told("PUT", fields, body));
    EXPECT_FALSE(sent.get());
  }
}

TEST_F(ForwardProxy, CutsAnUploadWhoseChunksAreNone) {
  const auto program = connect();
  ASSERT_FALSE(io.await(writing(*program, asking("POST", "Transfer-Encoding: chunked\r\n", "xyz\r\n"))));
  EXPECT_TRUE(io.await(reading_to_end(at_origin())).error);
  EXPECT_TRUE(io.await(reading_to_end(*program)).error);
}

TEST_F(ForwardProxy, RefusesContentOfUnclearLength) {
  EXPECT_EQ(ask(asking("POST", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n")).status, 400);
  EXPECT_EQ(finder.searches, 0);
}

TEST_F(ForwardProxy, LetsAServiceAskForTheContent) {
  const auto program = connect();
  const std::string fields = "Expect: 100-continue\r\nContent-Length: 2\r\n";
  ASSERT_FALSE(io.await(writing(*program, asking("PUT", fields))));
  EXPECT_EQ(io.await(reading(at_origin(), told("PUT", fields).size())), told("PUT", fields));
  const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";
  ASSERT_FALSE(io.await(writing(at_origin(), interim)));
  EXPECT_EQ(io.await(reading(*program, interim.size())), interim);
  ASSERT_FALSE(io.await(writing(*program, "hi")));
  EXPECT_EQ(io.await(reading(at_origin(), 2)), "hi");
  io.await(writing_and_ending(at_origin(), "HTTP/1.1 204 No Content\r\n\r\n"));
  EXPECT_EQ(io.await(reading_to_end(*program)).text, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}

TEST_F(ForwardProxy, TakesAnAnswerInPieces) {
  const auto program = connect();
  ASSERT_FALSE(io.await(writing(*program, asking("GET"))));
  at_origin();
  for (const char c : std::string_view("HTTP/1.1 200 OK\r\n\r\nbo")) {
    ASSERT_FALSE(io.await(writing(at_origin(), std::string(1, c))));
    io.context().poll();
  }
  io.await(writing_and_ending(at_origin(), "dy"));
  EXPECT_EQ(io.await(reading_to_end(*program)).text, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbody");
}

TEST_F(ForwardProxy, PassesOnWhatIsNoHttp) {
  for (const auto* answer : {"SSH-2.0-x\r\n", "HTTP/1.1 200 half a head\r\nX:"}) {
    const auto program = connect();
    ASSERT_FALSE(io.await(writing(*program, asking("GET"))));
    io.await(writing_and_ending(at_origin(origin.connections.size()), answer));
    EXPECT_EQ(io.await(reading_to_end(*program)).text, answer);
  }
}

TEST_F(ForwardProxy, EndsATunnelWhoseServiceWouldKeepIt) {
  const auto program = connect();
  ASSERT_FALSE(io.await(writing(*program, asking("GET"))));
  ASSERT_FALSE(io.await(writing(at_origin(), "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")));
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody";
  EXPECT_EQ(io.await(reading(*program, answer.size())), answer);
  program->close();
  EXPECT_EQ(io.await(reading_to_end(at_origin())).text, told("GET"));
}

TEST_F(ForwardProxy, CutsWhatIsCut) {
  const auto program = connect();
  ASSERT_FALSE(io.await(writing(*program, asking("GET"))));
  ASSERT_FALSE(io.await(writing(at_origin(), "HTTP/1.1 200 OK\r\n\r\nhalf")));
  io.await(reading(*program, 38 + 4));
  at_origin().abort();
  EXPECT_TRUE(io.await(reading_to_end(*program)).error);
}

TEST_F(ForwardProxy, AsksAgainUnnoticedWhereATunnelEndsWithoutAnAnswer) {
  const auto program = connect();
  ASSERT_FALSE(io.await(writing(*program, asking("GET"))));
  EXPECT_EQ(io.await(reading(at_origin(), told("GET").size())), told("GET"));
  at_origin().abort();
  EXPECT_EQ(io.await(reading(at_origin(1), told("GET").size())), told("GET"));
  io.await(writing_and_ending(at_origin(1), "HTTP/1.1 204 No Content\r\n\r\n"));
  EXPECT_EQ(HttpResponse::parse(io.await(reading_to_end(*program)).text).status, 204);
}

TEST_F(ForwardProxy, RepeatsNoUpload) {
  const auto program = connect();
  const std::string fields = "Content-Length: 2\r\n";
  ASSERT_FALSE(io.await(writing(*program, asking("POST", fields, "hi"))));
  EXPECT_EQ(io.await(reading(at_origin(), told("POST", fields, "hi").size())), told("POST", fields, "hi"));
  at_origin().close();
  EXPECT_EQ(HttpResponse::parse(io.await(reading_to_end(*program)).text).status, 502);
  EXPECT_EQ(origin.asked, 1u);
}

}  // namespace
}  // namespace hardline::door
