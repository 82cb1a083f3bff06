#include "hardline/api/owner_door.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/api_world.hpp"
#include "hardline/tunnel/p2p_listener.hpp"
#include "support/http.hpp"
#include "support/http_server.hpp"
#include "support/scripted_finder.hpp"
#include "support/scripted_peer.hpp"
#include "support/test_origin.hpp"

namespace hardline::api {
namespace {

using nlohmann::json;
using support::chunk;
using support::HttpResponse;
using support::noise;
using support::reading;
using support::reading_to_end;
using support::service_name;
using support::writing;
using support::writing_and_ending;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

/// program ── door ── listener ── origin, the ends played by the test, on loopback.
class OwnerDoorTest : public testing::Test, public ApiWorld {
 protected:
  OwnerDoorTest() {
    auto published =
        std::make_shared<tunnel::PublishedService>(tunnel::PublishedService{service_name("ec"), "ec", {}, {}});
    published->context = tunnel::make_service_context(store::load_identity(support::certificate_file("ec")));
    published->origin = std::make_unique<support::TestOrigin>(io, origin);
    listener.open(0, 0);
    listener.publish({std::move(published)});
    listener.start(sessions);
    finder.add(support::loopback(listener.port()));
    auto streams = support::unix_streams(io);
    program = std::move(streams.first);
    server = std::move(streams.second);
    serving.emplace(io.start(web::serve_http(io.executor(), *server, "", door, web::HttpLimits())));
  }
  ~OwnerDoorTest() override {
    server->abort();
    listener.stop();
    dialer.cancel_all();
    listener.sessions().close_all();
    serving->get();
    io.await(sessions.join());
    io.await(dials.join());
  }

  void send(std::string octets) { ASSERT_FALSE(io.await(writing(*program, std::move(octets)))); }
  void send_request(const std::string& line, const std::string& fields = "", const std::string& body = "") {
    send(line + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + fields +
         "\r\n" + body);
  }
  void send_connect(const std::string& name) {
    send_request("GET /api/connect?name=" + name, "Connection: Upgrade\r\nUpgrade: hardline-stream\r\n");
  }
  void send_forward(const std::string& body) {
    send_request("POST /api/forward", "Content-Type: application/json\r\n", body);
  }

  std::string read_until(const std::string& end) {
    std::string text;
    while (!text.ends_with(end)) {
      const auto more = io.await(reading(*program, 1));
      if (more.empty()) throw std::runtime_error("the connection ended behind: " + text);
      text += more;
    }
    return text;
  }
  HttpResponse read_head() { return HttpResponse::parse(read_until("\r\n\r\n")); }
  /// An answer with a length.
  HttpResponse read_answer() {
    auto response = read_head();
    response.body = io.await(reading(*program, std::stoul(response.field("content-length"))));
    return response;
  }
  json read_event() {
    const auto size = std::stoul(read_until("\r\n"), nullptr, 16);
    const auto line = io.await(reading(*program, size));
    EXPECT_EQ(io.await(reading(*program, 2)), "\r\n");
    EXPECT_EQ(line.find('\n'), size - 1);
    return json::parse(line);
  }

  ByteStream& at_origin(std::size_t n = 0) {
    if (!io.run_until([this, n] { return origin.connections.size() > n; }))
      throw std::runtime_error("the origin was not connected");
    return *origin.connections[n];
  }

  std::unique_ptr<SocketStream> connect_to(std::uint16_t port) {
    tcp::socket socket(io.executor());
    socket.connect(support::loopback(port));
    return std::make_unique<SocketStream>(StreamSocket(std::move(socket)));
  }

  const std::string service = service_name("ec").label();
  BufferPool buffers;
  TaskGroup sessions{io.executor()};
  TaskGroup dials{io.executor()};
  support::OriginLog origin;
  support::ScriptedFinder finder{io.executor()};
  tunnel::Dialer dialer{io.executor(), finder, dials};
  tunnel::P2pListener listener{io.executor(), buffers, [] { return std::string(); }};
  OwnerDoor door{api, {io.executor(), buffers, dialer, finder}};
  support::SocketStreamPtr program, server;
  std::optional<support::Running<void>> serving;
};

TEST_F(OwnerDoorTest, LeadsToTheApi) {
  send_request("GET /api/status");
  EXPECT_THAT(read_answer().body, HasSubstr("1.2.3"));
  send_request("GET /api/nothing");
  EXPECT_EQ(read_answer().status, 404);
}

TEST_F(OwnerDoorTest, ConnectsAProgramToAService) {
  send_connect(service);
  send("hello");
  EXPECT_EQ(read_head().status, 101);
  EXPECT_EQ(io.await(reading(at_origin(), 5)), "hello");
  EXPECT_FALSE(io.await(writing(at_origin(), "welcome")));
  EXPECT_EQ(io.await(reading(*program, 12)), chunk("welcome"));
}

TEST_F(OwnerDoorTest, ConnectsByPetname) {
  pin("nas", service);
  send_connect("nas");
  EXPECT_EQ(read_head().status, 101);
}

TEST_F(OwnerDoorTest, PassesTheEndOfEitherSideOn) {
  send_connect(service);
  read_head();
  io.await(writing_and_ending(*program, "question"));
  EXPECT_EQ(io.await(reading_to_end(at_origin())).text, "question");
  io.await(writing_and_ending(at_origin(), "answer"));
  EXPECT_EQ(io.await(reading_to_end(*program)).text, chunk("answer") + support::kLastChunk);
}

TEST_F(OwnerDoorTest, ShowsACutAsACut) {
  send_connect(service);
  read_head();
  ASSERT_FALSE(io.await(writing(at_origin(), "half")));
  EXPECT_EQ(io.await(reading(*program, 9)), chunk("half"));
  at_origin().abort();
  EXPECT_EQ(io.await(reading_to_end(*program)).text, "");
}

TEST_F(OwnerDoorTest, CutsTheServiceOffWhenTheProgramIsGone) {
  send_connect(service);
  read_head();
  auto& at_service = at_origin();
  program->abort();
  EXPECT_TRUE(io.await(reading_to_end(at_service)).error);
}

TEST_F(OwnerDoorTest, TakesNoKilledProgramForOneThatSaidEverything) {
  send_connect(service);
  read_head();
  send("half");
  auto& at_service = at_origin();
  EXPECT_EQ(io.await(reading(at_service, 4)), "half");
  program->close();
  EXPECT_TRUE(io.await(reading_to_end(at_service)).error);
}

TEST_F(OwnerDoorTest, LetsAProgramGoThatTheServiceHasEnded) {
  send_connect(service);
  read_head();
  io.await(writing_and_ending(at_origin(), "answer"));
  EXPECT_EQ(io.await(reading(*program, 16)), chunk("answer") + support::kLastChunk);
  send("rest");
  program->close();
  const auto came = io.await(reading_to_end(at_origin()));
  EXPECT_EQ(came.text, "rest");
  EXPECT_FALSE(came.error);
}

TEST_F(OwnerDoorTest, CarriesMuchBothWays) {
  send_connect(service);
  read_head();
  const auto up = noise(support::kMoreThanBuffersHold, 1), down = noise(support::kMoreThanBuffersHold, 2);
  auto sending_up = io.start(writing_and_ending(*program, up));
  auto sending_down = io.start(writing_and_ending(at_origin(), down));
  auto coming_down = io.start(reading_to_end(*program));
  EXPECT_TRUE(io.await(reading_to_end(at_origin())).text == up);
  std::string rest = coming_down.get().text, came;
  EXPECT_THAT(rest, EndsWith(support::kLastChunk));
  for (std::size_t at = 0;;) {
    const auto line = rest.find("\r\n", at);
    const auto size = std::stoul(rest.substr(at, line - at), nullptr, 16);
    if (size == 0) break;
    came += rest.substr(line + 2, size);
    at = line + 2 + size + 2;
  }
  EXPECT_TRUE(came == down);
}

TEST_F(OwnerDoorTest, SaysWhyThereIsNoTunnel) {
  finder.candidates.clear();
  send_connect(service);
  const auto answer = read_answer();
  EXPECT_EQ(answer.status, 502);
  EXPECT_EQ(json::parse(answer.body).at("error").at("code"), "unreachable");
  EXPECT_THAT(json::parse(answer.body).at("error").at("text").get<std::string>(), Not(testing::IsEmpty()));
}

TEST_F(OwnerDoorTest, ConnectsOnlyWhoAsksProperly) {
  send_request("GET /api/connect?name=" + service);
  const auto answer = read_answer();
  EXPECT_EQ(answer.status, 426);
  EXPECT_EQ(answer.field("upgrade"), "hardline-stream");
  EXPECT_THAT(answer.field("connection"), HasSubstr("upgrade"));
  send_connect("nobody");
  EXPECT_EQ(read_answer().status, 400);
  send_request("POST /api/connect?name=" + service, "Connection: Upgrade\r\nUpgrade: hardline-stream\r\n");
  EXPECT_EQ(read_answer().status, 405);
  EXPECT_EQ(finder.searches, 0);
}

TEST_F(OwnerDoorTest, ForwardsAPort) {
  pin("nas", service);
  send_forward(R"({"name":"nas","address":"127.0.0.1","port":0})");
  EXPECT_EQ(read_head().status, 200);
  const auto where = HostPort::parse(read_event().at("listening").get<std::string>());
  ASSERT_TRUE(where);
  EXPECT_EQ(where->host, "127.0.0.1");
  const auto game = connect_to(where->port);
  ASSERT_FALSE(io.await(writing(*game, "ping")));
  EXPECT_EQ(io.await(reading(at_origin(), 4)), "ping");
  ASSERT_FALSE(io.await(writing(at_origin(), "pong")));
  EXPECT_EQ(io.await(reading(*game, 4)), "pong");
}

TEST_F(OwnerDoorTest, EndsAForwardWithItsRequest) {
  send_forward(R"({"name":")" + service + R"("})");
  read_head();
  const auto where = HostPort::parse(read_event().at("listening").get<std::string>());
  ASSERT_TRUE(where);
  EXPECT_EQ(where->host, "localhost");
  const auto game = connect_to(where->port);
  ASSERT_FALSE(io.await(writing(*game, "ping")));
  EXPECT_EQ(io.await(reading(at_origin(), 4)), "ping");
  program->close();
  EXPECT_EQ(io.await(reading_to_end(*game)).text, "");
  serving->get();
  tcp::socket socket(io.executor());
  EXPECT_THROW(socket.connect(support::loopback(where->port)), boost::system::system_error);
}

TEST_F(OwnerDoorTest, LetsBusyConnectionsOfAForwardFinish) {
  send_forward(R"({"name":")" + service + R"("})");
  read_head();
  const auto where = HostPort::parse(read_event().at("listening").get<std::string>());
  ASSERT_TRUE(where);
  const auto game = connect_to(where->port);
  ASSERT_FALSE(io.await(writing(*game, "ping")));
  EXPECT_EQ(io.await(reading(at_origin(), 4)), "ping");
  door.stop();
  tcp::socket late(io.executor());
  EXPECT_THROW(late.connect(support::loopback(where->port)), boost::system::system_error);
  auto finishing = io.start(door.finish(std::chrono::hours(1)));
  ASSERT_FALSE(io.await(writing(at_origin(), "pong")));
  EXPECT_EQ(io.await(reading(*game, 4)), "pong");
  EXPECT_EQ(io.await(reading_to_end(*game)).text, "") << "closed once it is idle";
  finishing.get();
}

TEST_F(OwnerDoorTest, TellsWhoForwardsOfEachProblem) {
  send_forward(R"({"name":")" + service + R"("})");
  read_head();
  const auto where = HostPort::parse(read_event().at("listening").get<std::string>());
  finder.candidates.clear();
  const auto game = connect_to(where->port);
  EXPECT_THAT(read_event().at("problem").get<std::string>(), Not(testing::IsEmpty()));
}

TEST_F(OwnerDoorTest, ForwardsNothingItCannot) {
  const auto taken = support::small_listener(io);
  const auto port = std::to_string(taken.local_endpoint().port());
  send_forward(R"({"name":")" + service + R"(","address":"127.0.0.1","port":)" + port + "}");
  auto answer = read_answer();
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(json::parse(answer.body).at("error").at("code"), "port_taken");
  for (const auto* rest : {R"(,"address":"no address")", R"(,"address":"192.0.2.1")", R"(,"port":70000)",
                           R"(,"port":"80")", R"(,"prot":80)"}) {
    send_forward(R"({"name":")" + service + "\"" + rest + "}");
    EXPECT_EQ(read_answer().status, 400) << rest;
  }
  send_forward(R"({"name":"nobody"})");
  EXPECT_EQ(read_answer().status, 400);
  send_request("GET /api/forward");
  EXPECT_EQ(read_answer().status, 405);
}

TEST_F(OwnerDoorTest, TellsOfNeighboursAsTheyCome) {
  send_request("GET /api/neighbours/events");
  EXPECT_EQ(read_head().field("content-type"), "application/x-ndjson");
  EXPECT_EQ(read_event().at("neighbours"), json::array());
  EXPECT_EQ(lan.general_searches, 1);
  lan.hears(*KeyHash::parse(kHex), support::loopback(7008));
  const auto neighbours = read_event().at("neighbours");
  ASSERT_EQ(neighbours.size(), 1u);
  EXPECT_EQ(neighbours[0].at("key_hash"), kHex);
  pin("films", kHex);
  EXPECT_EQ(read_event().at("neighbours")[0].at("pinned_as"), "films");
}

TEST_F(OwnerDoorTest, TellsOfNeighboursNoLongerThanSomebodyListens) {
  send_request("GET /api/neighbours/events");
  read_head();
  read_event();
  program->close();
  serving->get();
}

}  // namespace
}  // namespace hardline::api
