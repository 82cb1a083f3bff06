#include "hardline/web/http_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/http.hpp"
#include "support/http_server.hpp"
#include "support/streams.hpp"

namespace hardline::web {
namespace {

using namespace std::chrono_literals;
using support::chunk;
using support::HttpResponse;
using support::reading;
using support::reading_to_end;
using support::writing;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A handler whose test says what it does.
class ScriptedHandler final : public HttpHandler {
 public:
  using Act = awaitable<void> (*)(Exchange&, ScriptedHandler&);

  Act act = nullptr;
  std::vector<Request> requests;
  int answering = 0;

  // For what the test does.
  std::vector<Response> responses;  ///< the next ones
  std::string heard;
  bool was_cut = false;

  awaitable<void> handle(Exchange& exchange) override {
    requests.push_back(exchange.request());
    ++answering;
    co_await act(exchange, *this);
    --answering;
  }
};

awaitable<void> echo(Exchange& exchange, ScriptedHandler&) {
  const Response response{200, "text/plain", exchange.request().target + "|" + exchange.request().body};
  co_await exchange.respond(response);
}

const Response kEvents{200, "text/event-stream", ""};

/// Sends what it is told of until the other side is gone.
awaitable<void> stream_until_over(Exchange& exchange, ScriptedHandler&) {
  co_await exchange.begin(kEvents);
  while (!exchange.is_over()) co_await exchange.news().wait();
}

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    handler.act = echo;
    auto streams = support::socket_streams(io);
    client = std::move(streams.first);
    server = std::move(streams.second);
  }
  ~HttpServerTest() override {
    server->abort();
    if (running) running->get();
  }

  void start(std::string early = "") {
    running.emplace(io.start(serve_http(io.executor(), *server, std::move(early), handler, limits)));
  }
  void send(std::string octets) {
    if (!running) start();
    ASSERT_FALSE(io.await(writing(*client, std::move(octets))));
  }
  /// What comes until the server closes the connection.
  std::string rest() { return io.await(reading_to_end(*client)).text; }

  /// All that is answered on a connection that brings `octets`.
  std::string ask(std::string octets) {
    send(std::move(octets));
    io.await(client->end_writing());
    return rest();
  }
  int status_of(std::string octets) { return HttpResponse::parse(ask(std::move(octets))).status; }

  /// The head of an answer, up to the blank line.
  std::string read_head() {
    std::string head;
    while (!head.ends_with("\r\n\r\n")) {
      const auto more = io.await(reading(*client, 1));
      if (more.empty()) break;
      head += more;
    }
    return head;
  }

  support::TestIo io;
  ScriptedHandler handler;
  HttpLimits limits;
  support::SocketStreamPtr client, server;
  std::optional<support::Running<void>> running;
};

std::string get(const std::string& target, const std::string& fields = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
}

TEST_F(HttpServerTest, AnswersARequest) {
  const auto response = HttpResponse::parse(ask(get("/a?b=c")));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.field("content-type"), "text/plain");
  EXPECT_EQ(response.field("content-length"), "7");
  EXPECT_EQ(response.field("cache-control"), "no-store");
  EXPECT_THAT(response.field("date"), EndsWith(" GMT"));
  EXPECT_EQ(response.body, "/a?b=c|");
}

TEST_F(HttpServerTest, AnswersWhatWasReadBefore) {
  start(get("/ear"));
  EXPECT_THAT(read_head(), HasSubstr("200 OK"));
}

TEST_F(HttpServerTest, AnswersOneRequestAfterTheOther) {
  const auto text = ask(get("/1") + get("/2") + get("/3", "Connection: close\r\n") + get("/4"));
  ASSERT_EQ(handler.requests.size(), 3u);
  const auto first = text.find("/1|"), second = text.find("/2|"), third = text.find("/3|");
  EXPECT_TRUE(first < second && second < third && third != std::string::npos) << text;
}

TEST_F(HttpServerTest, ReadsARequestThatComesOctetByOctet) {
  const auto request = "POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";
  for (const char c : std::string(request)) {
    send(std::string(1, c));
    io.context().poll();
  }
  EXPECT_THAT(rest(), EndsWith("/x|hi"));
}

TEST_F(HttpServerTest, ReadsChunkedBodies) {
  const std::string head = "POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  const auto text = ask(head + chunk("one") + chunk("two") + "0\r\nHost: evil\r\n\r\n" + get("/next"));
  EXPECT_THAT(text, HasSubstr("/x|onetwo"));
  ASSERT_EQ(handler.requests.size(), 2u);
  EXPECT_EQ(handler.requests[0].field("host"), "localhost") << "a trailer is no field";
}

TEST_F(HttpServerTest, KeepsAConnectionAsItsVersionWants) {
  EXPECT_THAT(ask("GET /1 HTTP/1.0\r\n\r\nGET /2 HTTP/1.0\r\n\r\n"), HasSubstr("Connection: close\r\n"));
  EXPECT_EQ(handler.requests.size(), 1u);
}

TEST_F(HttpServerTest, KeepsAnOldConnectionThatIsAskedFor) {
  EXPECT_THAT(ask("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n"),
              HasSubstr("Connection: keep-alive\r\n"));
  EXPECT_EQ(handler.requests.size(), 2u);
}

TEST_F(HttpServerTest, AnswersHeadWithTheLengthAlone) {
  const auto response = HttpResponse::parse(ask("HEAD /abc HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  EXPECT_EQ(response.field("content-length"), "5");
  EXPECT_EQ(response.body, "");
}

TEST_F(HttpServerTest, SendsNoLengthWhereThereIsNoBody) {
  handler.act = [](Exchange& exchange, ScriptedHandler&) -> awaitable<void> {
    const Response response{204, "", ""};
    co_await exchange.respond(response);
  };
  EXPECT_THAT(ask(get("/")), Not(HasSubstr("Content-Length")));
}

TEST_F(HttpServerTest, TakesAnAbsoluteTargetAndItsHost) {
  ask("GET http://hardline.localhost:7009/a?b HTTP/1.1\r\nHost: elsewhere\r\n\r\n");
  ASSERT_EQ(handler.requests.size(), 1u);
  EXPECT_EQ(handler.requests[0].target, "/a?b");
  EXPECT_EQ(handler.requests[0].field("host"), "hardline.localhost:7009");
}

TEST_F(HttpServerTest, TakesAnAbsoluteTargetWithoutAPath) {
  ask("GET http://localhost?x HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_EQ(handler.requests.size(), 1u);
  EXPECT_EQ(handler.requests[0].target, "/?x");
}

TEST_F(HttpServerTest, SaysGoOnToWhoWaitsForThat) {
  const std::string head = "POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
  send(head);
  EXPECT_EQ(read_head(), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(ask("hi"), HasSubstr("/x|hi"));
}

TEST_F(HttpServerTest, DoesNotSayGoOnToWhoWouldSendTooMuch) {
  const auto length = std::to_string(limits.body + 1);
  EXPECT_EQ(status_of("POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + length +
                      "\r\nExpect: 100-continue\r\n\r\n"),
            413);
}

struct BadRequest {
  const char* name;
  std::string octets;
  int status;
};

class RequestThatIsRefused : public HttpServerTest, public testing::WithParamInterface<BadRequest> {};

TEST_P(RequestThatIsRefused, IsAnsweredAndEndsTheConnection) {
  const auto response = HttpResponse::parse(ask(GetParam().octets + get("/behind")));
  EXPECT_EQ(response.status, GetParam().status);
  EXPECT_EQ(response.field("connection"), "close");
  EXPECT_TRUE(handler.requests.empty());
}

const std::string kPost = "POST / HTTP/1.1\r\nHost: a\r\n";
const std::string kTooLong(HttpLimits().head + 1, 'a');

INSTANTIATE_TEST_SUITE_P(
    Requests, RequestThatIsRefused,
    testing::Values(
        BadRequest{"Nonsense", "tell me everything\r\n\r\n", 400}, BadRequest{"Tls", "\x16\x03\x01\r\n\r\n", 400},
        BadRequest{"NoHost", "GET / HTTP/1.1\r\n\r\n", 400},
        BadRequest{"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400},
        BadRequest{"TwoHostsOfOldHttp", "GET / HTTP/1.0\r\nHost: a\r\nhost: a\r\n\r\n", 400},
        BadRequest{"NewerHttp", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 400},
        BadRequest{"SlightlyNewerHttp", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 400},
        BadRequest{"TwoLengths", kPost + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400},
        BadRequest{"ListOfLengths", kPost + "Content-Length: 1, 2\r\n\r\nx", 400},
        BadRequest{"NegativeLength", kPost + "Content-Length: -1\r\n\r\nx", 400},
        BadRequest{"LengthAndChunks", kPost + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        BadRequest{"ChunksAndLength", kPost + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
        BadRequest{"OtherCoding", kPost + "Transfer-Encoding: gzip\r\n\r\n", 501},
        BadRequest{"CodedChunks", kPost + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
        BadRequest{"TwoCodings", kPost + "Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        BadRequest{"ChunksOfOldHttp", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        BadRequest{"BadChunk", kPost + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n", 400},
        BadRequest{"SpaceBeforeColon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
        BadRequest{"NulInAField", "GET / HTTP/1.1\r\nHost: a\r\nX: a" + std::string(1, '\0') + "b\r\n\r\n", 400},
        BadRequest{"LineFeedInAField", "GET / HTTP/1.1\r\nHost: a\r\nX: a\nY: b\r\n\r\n", 400},
        BadRequest{"CarriageReturnInAField", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rY: b\r\n\r\n", 400},
        BadRequest{"Connect", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        BadRequest{"Asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        BadRequest{"Fragment", "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        BadRequest{"Https", "GET https://localhost/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        BadRequest{"UserInfo", "GET http://localhost@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        BadRequest{"NoAuthority", "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        BadRequest{"OtherExpectation", kPost + "Expect: miracles\r\n\r\n", 417},
        BadRequest{"LongTarget", "GET /" + kTooLong + " HTTP/1.1\r\nHost: a\r\n\r\n", 431},
        BadRequest{"LongLineWithoutEnd", kTooLong, 431},
        BadRequest{"LongField", kPost + "X: " + kTooLong + "\r\n\r\n", 431},
        BadRequest{"LongBody", kPost + "Content-Length: 1048577\r\n\r\n", 413},
        BadRequest{"LongChunk", kPost + "Transfer-Encoding: chunked\r\n\r\n100001\r\n", 413}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_F(HttpServerTest, RefusesAHeadOfManySmallLinesThatIsTooLong) {
  send("GET / HTTP/1.1\r\nHost: a\r\n");
  for (std::size_t sent = 0; sent <= limits.head; sent += 1000) {
    send("X: " + std::string(995, 'x') + "\r\n");
    io.context().poll();
  }
  EXPECT_EQ(HttpResponse::parse(read_head()).status, 431);
}

TEST_F(HttpServerTest, RefusesAChunkWhoseHeaderDoesNotEnd) {
  EXPECT_EQ(status_of(kPost + "Transfer-Encoding: chunked\r\n\r\n1;" + kTooLong), 413);
}

TEST_F(HttpServerTest, RefusesChunksThatAreTooMuchTogether) {
  limits.body = 5;
  EXPECT_EQ(status_of(kPost + "Transfer-Encoding: chunked\r\n\r\n" + chunk("123") + chunk("456")), 413);
}

TEST_F(HttpServerTest, TakesABodyOfTheLimit) {
  limits.body = 5;
  EXPECT_EQ(status_of(kPost + "Content-Length: 5\r\n\r\n12345"), 200);
}

TEST_F(HttpServerTest, ClosesAConnectionThatIsIdle) {
  limits.idle = 20ms;
  start();
  EXPECT_EQ(rest(), "");
}

TEST_F(HttpServerTest, TellsWhoDoesNotFinishARequest) {
  limits.transfer = 20ms;
  send("GET / HT");
  const auto response = HttpResponse::parse(rest());
  EXPECT_EQ(response.status, 408);
  EXPECT_THAT(response.body, HasSubstr("timed_out"));
}

TEST_F(HttpServerTest, SaysNothingToWhoLeavesInTheMidst) {
  EXPECT_EQ(ask("GET / HTTP/1.1\r\nHo"), "");
}

TEST_F(HttpServerTest, MakesAnErrorOfWhatAHandlerThrows) {
  handler.act = [](Exchange&, ScriptedHandler&) -> awaitable<void> {
    throw std::runtime_error("secret");
    co_return;
  };
  const auto response = HttpResponse::parse(ask(get("/", "Connection: close\r\n")));
  EXPECT_EQ(response.status, 500);
  EXPECT_THAT(response.body, Not(HasSubstr("secret")));
}

TEST_F(HttpServerTest, MakesAnErrorOfSilence) {
  handler.act = [](Exchange&, ScriptedHandler&) -> awaitable<void> { co_return; };
  EXPECT_EQ(status_of(get("/")), 500);
}

TEST_F(HttpServerTest, AnswersARequestOnce) {
  handler.act = [](Exchange& exchange, ScriptedHandler&) -> awaitable<void> {
    const Response response{200, "text/plain", "once"};
    co_await exchange.respond(response);
    co_await exchange.respond(response);
  };
  EXPECT_THAT(HttpResponse::parse(ask(get("/"))).body, "once");
}

TEST_F(HttpServerTest, LetsNoFieldBecomeTwo) {
  const std::vector<std::pair<std::string, std::string>> bad{
      {"X", "a\r\nSet-Cookie: b"}, {"X", "a\nb"}, {"X", std::string("a\0b", 3)}, {"X: a\r\nY", "b"}, {"", "b"}};
  handler.act = [](Exchange& exchange, ScriptedHandler& self) -> awaitable<void> {
    const auto response = self.responses.back();
    self.responses.pop_back();
    co_await exchange.respond(response);
  };
  std::string requests;
  for (const auto& field : bad) {
    handler.responses.push_back({200, "text/plain", "fine", {field}});
    requests += get("/");
  }
  const auto text = ask(requests);
  EXPECT_EQ(handler.requests.size(), bad.size());
  EXPECT_THAT(text, Not(HasSubstr("200 OK")));
  EXPECT_THAT(text, Not(HasSubstr("Cookie")));
}

TEST_F(HttpServerTest, ClosesOnWhoDoesNotTakeAnAnswer) {
  limits.transfer = 20ms;
  handler.act = [](Exchange& exchange, ScriptedHandler&) -> awaitable<void> {
    const Response large{200, "text/plain", std::string(support::kMoreThanBuffersHold, 'x')};
    co_await exchange.respond(large);
  };
  send(get("/"));
  running->get();
}

TEST_F(HttpServerTest, StreamsInChunks) {
  handler.act = [](Exchange& exchange, ScriptedHandler&) -> awaitable<void> {
    const bool begun = co_await exchange.begin(kEvents);
    EXPECT_TRUE(begun);
    const bool first = co_await exchange.send("one\n");
    const bool none = co_await exchange.send("");
    const bool second = co_await exchange.send("two\n");
    EXPECT_TRUE(first && none && second);
  };
  send(get("/"));
  const auto response = HttpResponse::parse(rest());
  EXPECT_EQ(response.field("transfer-encoding"), "chunked");
  EXPECT_EQ(response.field("connection"), "close");
  EXPECT_EQ(response.body, chunk("one\n") + chunk("two\n") + support::kLastChunk);
}

TEST_F(HttpServerTest, StreamsToOldHttpAsItIs) {
  handler.act = [](Exchange& exchange, ScriptedHandler&) -> awaitable<void> {
    co_await exchange.begin(kEvents);
    co_await exchange.send("one\n");
  };
  send("GET / HTTP/1.0\r\n\r\n");
  const auto response = HttpResponse::parse(rest());
  EXPECT_EQ(response.field("transfer-encoding"), "");
  EXPECT_EQ(response.body, "one\n");
}

TEST_F(HttpServerTest, StreamsNothingToHead) {
  handler.act = [](Exchange& exchange, ScriptedHandler&) -> awaitable<void> {
    const bool begun = co_await exchange.begin(kEvents);
    const bool sent = co_await exchange.send("one");
    EXPECT_FALSE(begun || sent);
    EXPECT_TRUE(exchange.is_over());
  };
  send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(HttpResponse::parse(rest()).body, "");
}

TEST_F(HttpServerTest, NoticesThatWhoHeardAStreamIsGone) {
  handler.act = stream_until_over;
  send(get("/"));
  read_head();
  EXPECT_EQ(handler.answering, 1);
  client->close();
  running->get();
  EXPECT_EQ(handler.answering, 0);
}

TEST_F(HttpServerTest, TakesAHalfCloseForTheEndOfAStream) {
  handler.act = stream_until_over;
  EXPECT_THAT(ask(get("/")), Not(HasSubstr("0\r\n\r\n")));
  EXPECT_EQ(handler.answering, 0);
}

TEST_F(HttpServerTest, ReadsNoRequestsWhileItStreams) {
  handler.act = stream_until_over;
  send(get("/1") + get("/2"));
  read_head();
  send(get("/3"));
  io.settle();
  EXPECT_EQ(handler.answering, 1);
  EXPECT_EQ(handler.requests.size(), 1u);
}

TEST_F(HttpServerTest, EndsAStreamThatIsAbortedFromOutside) {
  handler.act = stream_until_over;
  send(get("/"));
  read_head();
  server->abort();
  running->get();
  EXPECT_EQ(handler.answering, 0);
}

TEST_F(HttpServerTest, EndsAStreamThatNobodyTakes) {
  limits.transfer = 20ms;
  handler.act = [](Exchange& exchange, ScriptedHandler& self) -> awaitable<void> {
    const std::string piece(support::kMoreThanBuffersHold, 'x');
    co_await exchange.begin(kEvents);
    const bool taken = co_await exchange.send(piece);
    self.was_cut = !taken;
  };
  send(get("/"));
  running->get();
  EXPECT_TRUE(handler.was_cut);
}

TEST_F(HttpServerTest, CutsAStreamThatBreaksOff) {
  handler.act = [](Exchange& exchange, ScriptedHandler&) -> awaitable<void> {
    co_await exchange.begin(kEvents);
    co_await exchange.send("one");
    throw std::runtime_error("broken");
  };
  send(get("/"));
  EXPECT_THAT(rest(), Not(EndsWith("0\r\n\r\n")));
}

TEST_F(HttpServerTest, HandsAConnectionOver) {
  handler.act = [](Exchange& exchange, ScriptedHandler& self) -> awaitable<void> {
    auto taken = co_await exchange.take_over("hardline-stream");
    if (!taken) co_return;
    self.heard = taken->early;
    const auto more = co_await reading_to_end(taken->stream);
    self.heard += more.text;
    const std::string_view bye = "bye";
    const auto octets = as_octets(bye);
    co_await write_all(taken->stream, octets);
    taken->stream.close();
  };
  send(get("/", "Connection: keep-alive, Upgrade\r\nUpgrade: other, Hardline-Stream\r\n") + "early ");
  const auto head = HttpResponse::parse(read_head());
  EXPECT_EQ(head.status, 101);
  EXPECT_EQ(head.field("upgrade"), "hardline-stream");
  EXPECT_EQ(head.field("connection"), "Upgrade");
  EXPECT_EQ(ask("and late"), "bye");
  EXPECT_EQ(handler.heard, "early and late");
}

TEST_F(HttpServerTest, HandsNothingOverUnasked) {
  handler.act = [](Exchange& exchange, ScriptedHandler&) -> awaitable<void> {
    EXPECT_FALSE(asks_for_protocol(exchange.request(), "hardline-stream"));
    co_await exchange.take_over("hardline-stream");
  };
  const std::string upgrade = "Connection: upgrade\r\nUpgrade: hardline-stream\r\n";
  const auto text =
      ask(get("/") + get("/", "Upgrade: hardline-stream\r\n") + "GET / HTTP/1.0\r\nHost: a\r\n" + upgrade + "\r\n");
  EXPECT_EQ(handler.requests.size(), 3u);
  EXPECT_THAT(text, Not(HasSubstr(" 101 ")));
}

TEST(HttpRequest, TakesItsTargetApart) {
  Request request;
  request.target = "/a%20b?x=1&y=%26z&x2&y3=";
  EXPECT_EQ(request.path(), "/a%20b");
  EXPECT_EQ(request.parameter("x"), "1");
  EXPECT_EQ(request.parameter("y"), "&z");
  EXPECT_EQ(request.parameter("y3"), "");
  EXPECT_EQ(request.parameter("x2"), std::nullopt);
  EXPECT_EQ(request.parameter("z"), std::nullopt);
}

TEST(HttpRequest, HasNoParameterThatIsDoubledOrBroken) {
  Request request;
  request.target = "/?a=1&a=1&b=%4&c=%zz";
  for (const auto* name : {"a", "b", "c"}) EXPECT_EQ(request.parameter(name), std::nullopt) << name;
}

TEST(HttpRequest, HasAParameterHoweverItIsGiven) {
  Request request;
  request.target = "/d=1?a=1&a=1&b=%4&c&x=d";
  for (const auto* name : {"a", "b", "c", "x"}) EXPECT_TRUE(request.has_parameter(name)) << name;
  for (const auto* name : {"d", "1", ""}) EXPECT_FALSE(request.has_parameter(name)) << name;
}

TEST(HttpRequest, HasAFieldOnceOrNotAtAll) {
  Request request;
  request.fields = {{"Host", "a"}, {"ORIGIN", "b"}, {"origin", "b"}};
  EXPECT_EQ(request.field("hOST"), "a");
  EXPECT_EQ(request.field("Origin"), std::nullopt);
  EXPECT_TRUE(request.has_field("Origin"));
  EXPECT_FALSE(request.has_field("Referer"));
}

TEST(HttpRequest, ChangesThingsUnlessItOnlyReads) {
  for (const auto* method : {"GET", "HEAD"}) EXPECT_FALSE(is_change(method));
  for (const auto* method : {"POST", "PUT", "PATCH", "DELETE", "get", "OPTIONS", ""}) EXPECT_TRUE(is_change(method));
}

}  // namespace
}  // namespace hardline::web
