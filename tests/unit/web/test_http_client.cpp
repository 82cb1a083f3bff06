#include "hardline/web/http_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "hardline/base/errc.hpp"
#include "support/http_server.hpp"
#include "support/test_ca.hpp"

namespace hardline::web {
namespace {

using namespace std::chrono_literals;
using support::chunk;
using support::http_answer;
using support::HttpListener;
using support::HttpPeer;
using support::kChunkedHead;
using support::kLastChunk;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr auto kShort = 100ms;  // of what is to time out

/// Once around, by a client that lives as long.
awaitable<Result<HttpAnswer>> exchanging(HttpClient& client, HttpRequest request,
                                         std::chrono::steady_clock::duration limit, std::size_t max_body) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  auto answer = co_await client.exchange(request, deadline, max_body);
  co_return answer;
}

class HttpClientTest : public testing::Test {
 protected:
  using Exchange = support::Running<Result<HttpAnswer>>;

  std::unique_ptr<HttpClient> client_of(const OriginAddress& where, SSL_CTX* tls = nullptr) {
    return std::make_unique<HttpClient>(io.executor(), resolver, HttpServer{where, tls});
  }
  std::unique_ptr<HttpClient> client_of(const HttpListener& listener, SSL_CTX* tls = nullptr) {
    return client_of(HostPort{"127.0.0.1", listener.port()}, tls);
  }

  Exchange start(HttpClient& client, std::chrono::steady_clock::duration limit = 20s, HttpRequest request = {},
                 std::size_t max_body = 64 * 1024) {
    return io.start(exchanging(client, std::move(request), limit, max_body));
  }

  /// What becomes of `bytes` as an answer, with the connection ended behind them.
  Result<HttpAnswer> answer_of(const std::string& bytes) {
    auto running = start(*client);
    auto peer = listener.accept();
    peer.request();
    io.start(support::writing_and_ending(peer.stream(), bytes));
    return running.get();
  }

  support::TestIo io;
  Resolver resolver;
  HttpListener listener{io};
  std::unique_ptr<HttpClient> client = client_of(listener);
};

TEST_F(HttpClientTest, AsksAndHearsStatusFieldsAndBody) {
  auto running = start(*client);
  auto peer = listener.accept();
  EXPECT_THAT(peer.request(), AllOf(StartsWith("GET / HTTP/1.1\r\n"),
                                    HasSubstr("\r\nHost: 127.0.0.1:" + std::to_string(listener.port()) + "\r\n"),
                                    HasSubstr("\r\nConnection: close\r\n"), EndsWith("\r\n\r\n")));
  peer.send(http_answer("hello", "200 OK", "X-Colour: red\r\nx-colour: blue\r\n"));
  const auto answer = running.get();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->field("x-COLOUR"), "red");
  EXPECT_EQ(answer->field("X-Size"), std::nullopt);
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(client->problem(), "");
}

TEST_F(HttpClientTest, LeavesWhenItHasTheAnswer) {
  auto running = start(*client);
  auto peer = listener.accept();
  peer.request();
  peer.send(http_answer("hello"));
  EXPECT_TRUE(running.get());
  EXPECT_TRUE(peer.client_leaves());
}

TEST_F(HttpClientTest, SendsABody) {
  auto running = start(*client, 20s, {"POST", "/key/1", "{\"a\":1}"});
  auto peer = listener.accept();
  EXPECT_THAT(peer.request(),
              AllOf(StartsWith("POST /key/1 HTTP/1.1\r\n"), HasSubstr("\r\nContent-Length: 7\r\n"),
                    HasSubstr("\r\nContent-Type: application/json\r\n"), EndsWith("\r\n\r\n{\"a\":1}")));
  peer.send(http_answer(""));
  EXPECT_EQ(running.get().value().body, "");
}

TEST_F(HttpClientTest, SendsALargeBody) {
  const std::string large(support::kMoreThanBuffersHold, 'x');
  auto running = start(*client, 20s, {"POST", "/", large});
  auto peer = listener.accept();
  auto reading = io.start(support::reading(peer.stream(), large.size()));
  EXPECT_EQ(reading.get().size(), large.size());
  peer.send(http_answer("done"));
  EXPECT_EQ(running.get().value().body, "done");
}

TEST_F(HttpClientTest, HandsPiecesOnAsTheyCome) {
  auto beginning = io.start(client->begin({}, std::chrono::steady_clock::now() + 20s));
  auto peer = listener.accept();
  peer.request();
  peer.send(kChunkedHead);
  EXPECT_EQ(beginning.get().value().status, 200);

  auto piece = io.start(client->read_piece());
  io.settle();
  EXPECT_FALSE(piece.done());
  peer.send(chunk("{\"a\":1}\n"));
  EXPECT_EQ(piece.get(), "{\"a\":1}\n");
  peer.send("5\r\nhal");
  EXPECT_EQ(io.await(client->read_piece()), "hal");
  peer.send(std::string("ve\r\n") + kLastChunk);
  EXPECT_EQ(io.await(client->read_piece()), "ve");
  EXPECT_EQ(io.await(client->read_piece()), "");
  EXPECT_EQ(io.await(client->read_piece()), "");
  EXPECT_TRUE(peer.client_leaves());
}

TEST_F(HttpClientTest, HandsOnWhatCameWithTheHead) {
  auto beginning = io.start(client->begin({}, std::chrono::steady_clock::now() + 20s));
  auto peer = listener.accept();
  peer.request();
  peer.send(kChunkedHead + chunk("first") + chunk("second"));
  EXPECT_TRUE(beginning.get());
  EXPECT_EQ(io.await(client->read_piece()), "firstsecond");
}

TEST_F(HttpClientTest, HandsOnWhatCameBeforeAnAnswerBrokeOff) {
  auto beginning = io.start(client->begin({}, std::chrono::steady_clock::now() + 20s));
  auto peer = listener.accept();
  peer.request();
  peer.send(kChunkedHead + chunk("first") + "nonsense\r\n");
  EXPECT_TRUE(beginning.get());
  EXPECT_EQ(io.await(client->read_piece()), "first");
  EXPECT_EQ(io.await(client->read_piece()).error(), Errc::malformed);
  EXPECT_EQ(io.await(client->read_piece()).error(), Errc::malformed);
}

TEST_F(HttpClientTest, ReadsAnAnswerThatComesOctetByOctet) {
  auto running = start(*client);
  auto peer = listener.accept();
  peer.request();
  peer.send_slowly("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n");
  peer.send_slowly("3;name=value\r\nabc\r\n" + chunk("defg") + "0\r\nTrailer: z\r\n\r\n");
  const auto answer = running.get();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->field("Trailer"), std::nullopt);
  EXPECT_EQ(answer->field("X"), "y");
  EXPECT_EQ(answer->body, "abcdefg");
}

TEST_F(HttpClientTest, ReadsABodyThatEndsWithTheConnection) {
  EXPECT_EQ(answer_of("HTTP/1.0 200 OK\r\n\r\nhello")->body, "hello");
}

TEST_F(HttpClientTest, ReadsAnAnswerWithoutABody) {
  const auto answer = answer_of("HTTP/1.1 204 No Content\r\n\r\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 204);
  EXPECT_EQ(answer->body, "");
}

TEST_F(HttpClientTest, TakesEveryStatusForAnAnswerAndFollowsNoRedirect) {
  for (const char* status : {"301 Moved Permanently", "404 Not Found", "502 Bad Gateway"}) {
    const auto answer = answer_of(http_answer("sorry", status, "Location: http://192.0.2.1/\r\n"));
    ASSERT_TRUE(answer) << status;
    EXPECT_EQ(std::to_string(answer->status), std::string(status).substr(0, 3));
    EXPECT_EQ(answer->body, "sorry");
  }
}

TEST_F(HttpClientTest, PassesInterimAnswersOver) {
  const std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
  const auto answer = answer_of("HTTP/1.1 100 Continue\r\n\r\n" + interim + http_answer("hello"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->field("Link"), std::nullopt);
  EXPECT_EQ(answer->body, "hello");
}

TEST_F(HttpClientTest, HearsInterimAnswersNotForEver) {
  std::string endless;
  for (int i = 0; i < 100; ++i) endless += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(answer_of(endless).error(), Errc::malformed);
}

TEST_F(HttpClientTest, RefusesWhatIsNoHttp) {
  for (const char* bytes : {"SSH-2.0-OpenSSH_9.2\r\n", "\x15\x03\x01\x02\x02\x16", "HTTP/2 200\r\n\r\n",
                            "HTTP/1.1 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"}) {
    const auto answer = answer_of(bytes);
    ASSERT_FALSE(answer) << bytes;
    EXPECT_EQ(answer.error(), Errc::malformed) << bytes;
    EXPECT_EQ(client->problem(), "its answer is not HTTP/1.1");
  }
}

TEST_F(HttpClientTest, SeesThatAnAnswerBreaksOff) {
  for (const char* bytes : {"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", "HTTP/1.1 200 OK\r\nContent-",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    EXPECT_EQ(answer_of(bytes).error(), Errc::truncated) << bytes;
    EXPECT_EQ(client->problem(), "the connection was cut before the end of its answer");
  }
}

TEST_F(HttpClientTest, SeesThatNothingIsAnswered) {
  EXPECT_EQ(answer_of("").error(), Errc::peer_closed);
  EXPECT_EQ(client->problem(), "it closed the connection without an answer");
}

TEST_F(HttpClientTest, BoundsTheHead) {
  EXPECT_EQ(answer_of("HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n").error(), Errc::too_large);
  EXPECT_EQ(answer_of("HTTP/1.1 200 OK\r\nX: " + std::string(200'000, 'x')).error(), Errc::too_large);
}

TEST_F(HttpClientTest, BoundsAChunksHeader) {
  const auto answer = answer_of(kChunkedHead + ("5;" + std::string(200'000, 'x')));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error(), testing::AnyOf(make_error_code(Errc::too_large), make_error_code(Errc::malformed)));
}

TEST_F(HttpClientTest, BoundsTheBodyItCollects) {
  for (const std::size_t size : {100, 101}) {
    auto running = start(*client, 20s, {}, 100);
    auto peer = listener.accept();
    peer.request();
    peer.send(http_answer(std::string(size, 'x')));
    const auto answer = running.get();
    EXPECT_EQ(answer.has_value(), size == 100);
    if (!answer) {
      EXPECT_EQ(answer.error(), Errc::too_large);
      EXPECT_EQ(client->problem(), "its answer is too long");
    }
  }
}

TEST_F(HttpClientTest, SaysThatNobodyListens) {
  listener.go_away();
  const auto port = support::small_listener(io).local_endpoint().port();  // closed again
  const auto refused = client_of(HostPort{"127.0.0.1", port});
  EXPECT_EQ(start(*refused).get().error(), std::errc::connection_refused);
  EXPECT_EQ(refused->problem(), "it refuses connections");
}

TEST_F(HttpClientTest, SaysThatANameHasNoAddress) {
  const auto nobody = client_of(HostPort{std::string(64, 'a') + ".invalid", 80});  // no name server is asked
  EXPECT_EQ(start(*nobody).get().error(), std::error_code(AsioError(asio::error::host_not_found)));
  EXPECT_EQ(nobody->problem(), "its name has no address, or no name server answers");
}

TEST_F(HttpClientTest, GivesUpAtItsDeadlineWhateverItWaitsFor) {
  const support::DeadPort dead(io);
  const auto unconnected = client_of(HostPort{"127.0.0.1", dead.port()});
  EXPECT_EQ(start(*unconnected, kShort).get().error(), Errc::timed_out);
  EXPECT_EQ(unconnected->problem(), "it did not accept the connection in time");

  auto unanswered = start(*client, kShort);
  auto first = listener.accept();
  EXPECT_EQ(unanswered.get().error(), Errc::timed_out);
  EXPECT_EQ(client->problem(), "it did not answer in time");

  auto unfinished = start(*client, kShort);
  auto second = listener.accept();
  second.send(kChunkedHead + chunk("first"));
  EXPECT_EQ(unfinished.get().error(), Errc::timed_out);
  EXPECT_EQ(client->problem(), "its answer did not end in time");
}

TEST_F(HttpClientTest, GivesUpAtOnceAfterItsDeadline) {
  EXPECT_EQ(start(*client, -1s).get().error(), Errc::timed_out);
}

TEST_F(HttpClientTest, CanBeAskedAgainAfterAFailure) {
  EXPECT_EQ(start(*client, 10ms).get().error(), Errc::timed_out);
  listener.accept();
  EXPECT_EQ(answer_of(http_answer("hello")).value().body, "hello");
  EXPECT_EQ(client->problem(), "");
}

TEST_F(HttpClientTest, ComesBackWhenItIsClosedWhateverItWaitsFor) {
  const support::DeadPort dead(io);
  const auto unconnected = client_of(HostPort{"127.0.0.1", dead.port()});
  auto connecting = start(*unconnected);
  io.settle();
  EXPECT_FALSE(connecting.done());
  unconnected->close();
  EXPECT_EQ(connecting.get().error(), Errc::cancelled);

  const auto unanswered = client_of(listener);
  auto waiting = start(*unanswered);
  auto peer = listener.accept();
  peer.request();
  unanswered->close();
  EXPECT_EQ(waiting.get().error(), Errc::cancelled);

  const auto unfinished = client_of(listener);
  auto reading = start(*unfinished);
  auto second = listener.accept();
  second.request();
  second.send(kChunkedHead + chunk("first"));
  io.settle();
  unfinished->close();
  EXPECT_EQ(reading.get().error(), Errc::cancelled);
}

TEST_F(HttpClientTest, StaysClosed) {
  client->close();
  EXPECT_EQ(start(*client).get().error(), Errc::cancelled);
}

TEST_F(HttpClientTest, HasNothingToReadBeforeItHasBegun) {
  EXPECT_EQ(io.await(client->read_piece()).error(), Errc::cancelled);
}

TEST_F(HttpClientTest, HearsNoBodyInAnAnswerToHead) {
  for (const char* framing : {"Content-Length: 100000", "Transfer-Encoding: chunked", "X: y"}) {
    auto running = start(*client, 20s, {"HEAD"});
    auto peer = listener.accept();
    EXPECT_THAT(peer.request(), AllOf(StartsWith("HEAD / HTTP/1.1\r\n"), Not(HasSubstr("Content-Length"))));
    peer.send(fmt::format("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n{}\r\n\r\n", framing));
    const auto answer = running.get();
    ASSERT_TRUE(answer) << framing;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "");
    EXPECT_TRUE(peer.client_leaves());
  }
}

TEST_F(HttpClientTest, HearsNoBodyInAnAnswerToHeadThatHasOneNevertheless) {
  auto running = start(*client, 20s, {"HEAD"});
  auto peer = listener.accept();
  peer.request();
  peer.send(http_answer(std::string(200'000, 'x')));
  EXPECT_EQ(running.get().value().body, "");
}

TEST_F(HttpClientTest, KeepsTheLengthThatHeadAsksFor) {
  auto running = start(*client, 20s, {"HEAD"});
  auto peer = listener.accept();
  peer.request();
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 123456789012\r\n\r\n");
  EXPECT_EQ(running.get().value().field("Content-Length"), "123456789012");
}

TEST_F(HttpClientTest, WaitsForNoBodyOfAnAnswerThatHasNone) {
  for (const char* status : {"204 No Content", "304 Not Modified"}) {
    auto running = start(*client);
    auto peer = listener.accept();
    peer.request();
    peer.send(fmt::format("HTTP/1.1 {}\r\nContent-Length: 5\r\nETag: \"a\"\r\n\r\n", status));
    const auto answer = running.get();
    ASSERT_TRUE(answer) << status;
    EXPECT_EQ(answer->field("ETag"), "\"a\"");
    EXPECT_EQ(answer->body, "");
    EXPECT_TRUE(peer.client_leaves());
  }
}

TEST_F(HttpClientTest, SaysOfABodyWhatItsCallerSays) {
  auto running = start(*client, 20s, {"POST", "/", "a b", {{"content-type", "text/plain"}}});
  auto peer = listener.accept();
  EXPECT_THAT(peer.request(), AllOf(HasSubstr("\r\ncontent-type: text/plain\r\n"), Not(HasSubstr("application/json"))));
  peer.send(http_answer(""));
  EXPECT_TRUE(running.get());
}

TEST_F(HttpClientTest, SendsFieldsAsTheyAreGiven) {
  auto running = start(*client, 20s, {"GET", "/", "", {{"if-none-match", "\"a\", W/\"b\""}, {"X", "1"}, {"X", "2"}}});
  auto peer = listener.accept();
  EXPECT_THAT(peer.request(), AllOf(HasSubstr("\r\nif-none-match: \"a\", W/\"b\"\r\n"), HasSubstr("\r\nX: 1\r\n"),
                                    HasSubstr("\r\nX: 2\r\n"), HasSubstr("\r\nAccept: */*\r\n")));
  peer.send(http_answer(""));
  EXPECT_TRUE(running.get());
}

TEST_F(HttpClientTest, AcceptsWhatItsCallerAcceptsAndNoCodingUnlessToldTo) {
  auto plain = start(*client);
  auto first = listener.accept();
  EXPECT_THAT(first.request(), Not(HasSubstr("Accept-Encoding")));
  first.send(http_answer(""));
  EXPECT_TRUE(plain.get());

  auto told = start(*client, 20s, {"GET", "/", "", {{"accept", "image/png"}, {"Accept-Encoding", "gzip"}}});
  auto second = listener.accept();
  EXPECT_THAT(second.request(), AllOf(HasSubstr("\r\naccept: image/png\r\n"),
                                      HasSubstr("\r\nAccept-Encoding: gzip\r\n"), Not(HasSubstr("*/*"))));
  second.send(http_answer(""));
  EXPECT_TRUE(told.get());
}

TEST_F(HttpClientTest, SendsNothingThatWouldBecomeAnotherRequest) {
  const std::string long_text(20'000, 'x');
  for (const HttpRequest& request : std::vector<HttpRequest>{{"GET", "/ HTTP/1.1\r\nX: y"},
                                                             {"GET", "/a b"},
                                                             {"GET", ""},
                                                             {"GET", "http://other.example/"},
                                                             {"GET\r\nX: y", "/"},
                                                             {"GET", "/" + long_text},
                                                             {"GET", "/", "", {{"X", "y\r\nZ: z"}}},
                                                             {"GET", "/", "", {{"X", "y\nZ: z"}}},
                                                             {"GET", "/", "", {{"X", std::string("y\0", 2)}}},
                                                             {"GET", "/", "", {{"X: y\r\nZ", "z"}}},
                                                             {"GET", "/", "", {{"X:", "z"}}},
                                                             {"GET", "/", "", {{"", "z"}}},
                                                             {"GET", "/", "", {{"X", long_text}}}}) {
    EXPECT_EQ(start(*client, 20s, request).get().error(), std::errc::invalid_argument) << request.target;
    EXPECT_EQ(client->problem(), "a request cannot be written that way");
  }
}

TEST_F(HttpClientTest, KeepsFieldsOfOneNameApart) {
  const auto answer = answer_of(http_answer("", "200 OK", "Set-Cookie: a=1\r\nVary: x\r\nset-cookie: b=2, c=3\r\n"));
  ASSERT_TRUE(answer);
  using Field = std::pair<std::string, std::string>;
  EXPECT_THAT(answer->fields, testing::ElementsAre(Field("Content-Length", "0"), Field("Set-Cookie", "a=1"),
                                                   Field("Vary", "x"), Field("set-cookie", "b=2, c=3")));
}

TEST_F(HttpClientTest, RefusesAnswersOfDoubtfulLength) {
  for (const char* framing :
       {"Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5", "Content-Length: -5", "Content-Length: 5, 6",
        "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: gzip", "Transfer-Encoding: identity"}) {
    const auto answer = answer_of(fmt::format("HTTP/1.1 200 OK\r\n{}\r\n\r\n5\r\nhello\r\n0\r\n\r\n", framing));
    ASSERT_FALSE(answer) << framing;
    EXPECT_EQ(answer.error(), Errc::malformed) << framing;
  }
}

TEST_F(HttpClientTest, TakesAResetInAnAnswerForItsBreakingOff) {
  for (const char* bytes : {"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", "HTTP/1.1 200 OK\r\n\r\nhello",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    auto running = start(*client);
    auto peer = listener.accept();
    peer.request();
    peer.send(bytes);
    io.settle();
    peer.cut();
    EXPECT_EQ(running.get().error(), Errc::truncated) << bytes;
  }
}

/// All pieces of a body, and in `largest` the size of the largest of them.
awaitable<std::string> reading_pieces(HttpClient& client, std::size_t& largest) {
  std::string body;
  for (;;) {
    const auto piece = co_await client.read_piece();
    if (!piece) throw std::system_error(piece.error());
    if (piece->empty()) co_return body;
    largest = std::max(largest, piece->size());
    body += *piece;
  }
}

TEST_F(HttpClientTest, ReadsALargeBodyHoweverItIsFramed) {
  const auto body = support::noise(10 * 1024 * 1024, 1);
  std::string chunks;
  for (std::size_t at = 0, size = 1; at < body.size(); at += size, size = size * 7 % 100'003)
    chunks += chunk(body.substr(at, size));
  for (const auto& bytes : {http_answer(body), kChunkedHead + chunks + kLastChunk, "HTTP/1.1 200 OK\r\n\r\n" + body}) {
    auto beginning = io.start(client->begin({}, std::chrono::steady_clock::now() + 20s));
    auto peer = listener.accept();
    peer.request();
    auto sent = io.start(support::writing_and_ending(peer.stream(), bytes));
    ASSERT_TRUE(beginning.get());
    std::size_t largest = 0;
    EXPECT_TRUE(io.await(reading_pieces(*client, largest)) == body);
    EXPECT_LE(largest, 64u * 1024);
    EXPECT_GT(largest, 16u * 1024);
    EXPECT_FALSE(sent.get());
  }
}

TEST_F(HttpClientTest, LetsTheServerWaitWhileNobodyAsksForMore) {
  auto beginning = io.start(client->begin({}, std::chrono::steady_clock::now() + 20s));
  auto peer = listener.accept();
  peer.request();
  const auto body = support::noise(support::kMoreThanBuffersHold * 4, 1);
  auto sent = io.start(support::writing(peer.stream(), http_answer(body)));
  ASSERT_TRUE(beginning.get());
  io.settle();
  EXPECT_FALSE(sent.done());
  std::size_t largest = 0;
  EXPECT_TRUE(io.await(reading_pieces(*client, largest)) == body);
}

TEST_F(HttpClientTest, HasMoreTimeWhenItIsExtended) {
  auto beginning = io.start(client->begin({}, std::chrono::steady_clock::now() + kShort));
  auto peer = listener.accept();
  peer.request();
  peer.send(kChunkedHead);
  ASSERT_TRUE(beginning.get());
  client->extend(std::chrono::steady_clock::now() + 20s);
  auto piece = io.start(client->read_piece());
  io.context().run_for(2 * kShort);
  ASSERT_FALSE(piece.done());
  peer.send(chunk("late"));
  EXPECT_EQ(piece.get(), "late");
}

TEST_F(HttpClientTest, HasLessTimeWhenItsDeadlineIsDrawnNearer) {
  auto beginning = io.start(client->begin({}, std::chrono::steady_clock::now() + 1h));
  auto peer = listener.accept();
  peer.request();
  peer.send(kChunkedHead);
  ASSERT_TRUE(beginning.get());
  client->extend(std::chrono::steady_clock::now() + 10ms);
  EXPECT_EQ(io.await(client->read_piece()).error(), Errc::timed_out);
}

TEST(HostField, HasNoPortWhereItIsTheSchemesOwn) {
  const auto tls = unverifying_context();
  EXPECT_EQ(host_field({HostPort{"site.example", 80}}), "site.example");
  EXPECT_EQ(host_field({HostPort{"site.example", 443}}), "site.example:443");
  EXPECT_EQ(host_field({HostPort{"site.example", 443}, tls.get()}), "site.example");
  EXPECT_EQ(host_field({HostPort{"site.example", 80}, tls.get()}), "site.example:80");
  EXPECT_EQ(host_field({HostPort{"site.example", 8080}}), "site.example:8080");
}

TEST(HostField, HasIpv6AddressesInBrackets) {
  EXPECT_EQ(host_field({HostPort{"::1", 80}}), "[::1]");
  EXPECT_EQ(host_field({HostPort{"::1", 8080}}), "[::1]:8080");
}

TEST(HostField, IsLocalhostForAUnixSocket) {
  EXPECT_EQ(host_field({UnixPath{"/run/x"}}), "localhost");
}

/// localhost is 127.0.0.1, then ::1.
class HttpClientOfTwoAddresses : public HttpClientTest {
 protected:
  void SetUp() override {
    AsioError error;
    tcp::acceptor probe(io.executor(), tcp::v6());
    probe.bind({asio::ip::address_v6::loopback(), 0}, error);
    if (error) GTEST_SKIP() << "no IPv6 here: " << error.message();
  }
};

TEST_F(HttpClientOfTwoAddresses, TriesTheNextWhereOneRefuses) {
  HttpListener ipv6(io, nullptr, {asio::ip::address_v6::loopback(), 0});
  const auto both = client_of(HostPort{"localhost", ipv6.port()});
  auto running = start(*both);
  auto peer = ipv6.accept();
  EXPECT_THAT(peer.request(), HasSubstr("\r\nHost: localhost:"));
  peer.send(http_answer("hello"));
  EXPECT_EQ(running.get().value().body, "hello");
}

TEST_F(HttpClientOfTwoAddresses, WaitsNotLongForADeadOne) {
  const support::DeadPort dead(io);
  HttpListener ipv6(io, nullptr, {asio::ip::address_v6::loopback(), dead.port()});
  const auto both = client_of(HostPort{"localhost", ipv6.port()});
  const auto began = std::chrono::steady_clock::now();
  auto running = start(*both);
  auto peer = ipv6.accept();
  peer.request();
  peer.send(http_answer("hello"));
  EXPECT_EQ(running.get().value().body, "hello");
  EXPECT_GE(std::chrono::steady_clock::now() - began, 250ms);  // the first had its chance
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

TEST_F(HttpClientOfTwoAddresses, SaysWhatIsWrongWithTheFirstWhereNoneIsLeft) {
  const auto port = support::small_listener(io).local_endpoint().port();  // closed again
  const auto both = client_of(HostPort{"localhost", port});
  EXPECT_EQ(start(*both).get().error(), std::errc::connection_refused);
}

class HttpClientOfAUnixSocket : public HttpClientTest {
 protected:
  HttpClientOfAUnixSocket() {
    auto folder = (std::filesystem::temp_directory_path() / "hardline-test-XXXXXX").string();
    if (!::mkdtemp(folder.data())) throw std::runtime_error("no temporary folder");
    folder_ = folder;
  }
  ~HttpClientOfAUnixSocket() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return folder_ / "socket"; }

 private:
  std::filesystem::path folder_;
};

awaitable<asio::local::stream_protocol::socket> accepting_on(asio::local::stream_protocol::acceptor& acceptor) {
  auto socket = co_await acceptor.async_accept(use_awaitable);
  co_return socket;
}

TEST_F(HttpClientOfAUnixSocket, AsksOverIt) {
  asio::local::stream_protocol::acceptor acceptor(io.executor(), asio::local::stream_protocol::endpoint(path()));
  const auto local = client_of(UnixPath{path()});
  auto running = start(*local);
  HttpPeer peer(io, std::make_unique<SocketStream>(io.await(accepting_on(acceptor))));
  EXPECT_THAT(peer.request(), HasSubstr("\r\nHost: localhost\r\n"));
  peer.send(http_answer("hello"));
  EXPECT_EQ(running.get().value().body, "hello");
}

TEST_F(HttpClientOfAUnixSocket, SaysThatNobodyIsThere) {
  const auto missing = client_of(UnixPath{path()});
  EXPECT_EQ(start(*missing).get().error(), std::errc::no_such_file_or_directory);
  EXPECT_EQ(missing->problem(), "the connection failed: No such file or directory");

  asio::local::stream_protocol::acceptor(io.executor(), asio::local::stream_protocol::endpoint(path()));
  const auto left_behind = client_of(UnixPath{path()});
  EXPECT_EQ(start(*left_behind).get().error(), std::errc::connection_refused);
}

TEST_F(HttpClientOfAUnixSocket, RefusesAPathThatIsTooLong) {
  const auto long_path = client_of(UnixPath{"/" + std::string(108, 'x')});
  EXPECT_EQ(start(*long_path).get().error(), std::errc::filename_too_long);
}

class HttpsClient : public HttpClientTest {
 protected:
  HttpsClient() { ca.trusted_by(trusting.get()); }

  /// The certificate is for `names`; the client asks `host`.
  struct Case {
    std::string names;
    std::string host = "localhost";
    int days = 1;
    bool trusted = true;
  };

  /// How an exchange ends, and in `problem` why.
  std::error_code outcome(const Case& each) {
    const auto context = ca.server_context(each.names, each.days);
    HttpListener https(io, context.get());
    const auto untrusting = verifying_context();
    const auto secure = client_of(HostPort{each.host, https.port()}, each.trusted ? trusting.get() : untrusting.get());
    auto running = start(*secure);
    auto stream = https.accept();
    auto& tls = dynamic_cast<TlsStream&>(stream.stream());
    if (!io.await(tls.handshake())) {
      const auto* name = SSL_get_servername(tls.ssl(), TLSEXT_NAMETYPE_host_name);
      sni = name ? name : "";
      auto request = io.start(support::reading(stream.stream(), 1));
      if (request.get().size() == 1) stream.send(http_answer("secret"));
    }
    const auto answer = running.get();
    problem = secure->problem();
    if (!answer) return answer.error();
    EXPECT_EQ(answer->body, "secret");
    return {};
  }

  support::TestCa ca;
  SslContextPtr trusting = verifying_context();
  std::string problem;
  std::string sni;
};

TEST_F(HttpsClient, TrustsACertificateOfATrustedAuthority) {
  EXPECT_FALSE(outcome({"DNS:localhost"})) << problem;
  EXPECT_EQ(sni, "localhost");
}

TEST_F(HttpsClient, ComparesAnAddressAndSendsNoSniForIt) {
  EXPECT_FALSE(outcome({"IP:127.0.0.1", "127.0.0.1"})) << problem;
  EXPECT_EQ(sni, "");
  EXPECT_EQ(outcome({"IP:127.0.0.2", "127.0.0.1"}), Errc::certificate_untrusted);
  EXPECT_EQ(problem, "its certificate is not trusted: IP address mismatch");
}

TEST_F(HttpsClient, RefusesACertificateOfAnUnknownAuthority) {
  EXPECT_EQ(outcome({.names = "DNS:localhost", .trusted = false}), Errc::certificate_untrusted);
  EXPECT_THAT(problem, StartsWith("its certificate is not trusted: "));
}

TEST_F(HttpsClient, RefusesACertificateForAnotherName) {
  EXPECT_EQ(outcome({"DNS:other.example"}), Errc::certificate_untrusted);
  EXPECT_EQ(problem, "its certificate is not trusted: hostname mismatch");
}

TEST_F(HttpsClient, RefusesACertificateThatHasExpired) {
  EXPECT_EQ(outcome({.names = "DNS:localhost", .days = -1}), Errc::certificate_untrusted);
  EXPECT_EQ(problem, "its certificate is not trusted: certificate has expired");
}

TEST_F(HttpsClient, SaysThatAServerSpeaksNoTls) {
  const auto secure = client_of(listener, trusting.get());
  auto running = start(*secure);
  auto peer = listener.accept();
  peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_EQ(running.get().error(), Errc::tls_failed);
  EXPECT_THAT(secure->problem(), StartsWith("TLS with it failed: "));
}

TEST_F(HttpsClient, GivesUpAtItsDeadlineDuringTheHandshake) {
  const auto secure = client_of(listener, trusting.get());
  EXPECT_EQ(start(*secure, kShort).get().error(), Errc::timed_out);
  EXPECT_EQ(secure->problem(), "TLS did not come about in time");
}

TEST_F(HttpsClient, TakesACutForNoEnd) {
  const auto context = ca.server_context("DNS:localhost");
  HttpListener https(io, context.get());
  const auto secure = client_of(HostPort{"localhost", https.port()}, trusting.get());
  auto running = start(*secure);
  auto peer = https.accept_with_tls();
  peer.request();
  peer.send("HTTP/1.1 200 OK\r\n\r\nhalf of the");
  ::shutdown(SSL_get_fd(dynamic_cast<TlsStream&>(peer.stream()).ssl()), SHUT_WR);
  EXPECT_EQ(running.get().error(), Errc::truncated);
}

TEST_F(HttpsClient, TakesAnyCertificateWhereItIsToldToVerifyNone) {
  trusting = unverifying_context();
  EXPECT_FALSE(outcome({"DNS:localhost"})) << problem;
  EXPECT_FALSE(outcome({"DNS:other.example"})) << problem;
  EXPECT_FALSE(outcome({.names = "DNS:localhost", .days = -1})) << problem;
  EXPECT_EQ(sni, "localhost");
}

TEST_F(HttpsClient, BlamesNoCertificateThatItTakes) {
  const auto context = ca.server_context("DNS:localhost");
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  HttpListener https(io, context.get());
  const auto unverifying = unverifying_context();
  const auto secure = client_of(HostPort{"localhost", https.port()}, unverifying.get());
  auto running = start(*secure);
  EXPECT_THROW(https.accept_with_tls(), std::runtime_error);
  EXPECT_EQ(running.get().error(), Errc::tls_failed);
}

TEST_F(HttpsClient, TrustsWhatTheEnvironmentNames) {
  auto path = (std::filesystem::temp_directory_path() / "hardline-test-ca-XXXXXX").string();
  const int fd = ::mkstemp(path.data());
  ASSERT_GE(fd, 0);
  ::close(fd);
  ca.write(path);
  ::setenv("SSL_CERT_FILE", path.c_str(), 1);
  trusting = verifying_context();
  ::unsetenv("SSL_CERT_FILE");
  std::filesystem::remove(path);
  EXPECT_FALSE(outcome({"DNS:localhost"})) << problem;
}

}  // namespace
}  // namespace hardline::web
