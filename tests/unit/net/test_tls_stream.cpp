#include "hardline/net/tls_stream.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "support/tls_peer.hpp"

namespace hardline {
namespace {

using namespace std::string_view_literals;
using support::noise;
using support::reading;
using support::reading_to_end;
using support::writing;
using support::writing_and_ending;

class TlsStreamTest : public testing::Test {
 protected:
  /// As old peers do it: the connection ends, and TLS says nothing about it.
  void end_without_close_notify(TlsStream& stream) { ::shutdown(SSL_get_fd(stream.ssl()), SHUT_WR); }

  void inject(TlsStream& stream, std::string_view octets) {
    ASSERT_EQ(::send(SSL_get_fd(stream.ssl()), octets.data(), octets.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(octets.size()));
  }

  support::TestIo io;
  support::TlsPair pair = support::tls_streams(io);
  TlsStream& client = *pair.client;
  TlsStream& server = *pair.server;
};

/// An application data record (RFC 8446 section 5.2) that nobody has the key of.
constexpr std::string_view kForgedRecord =
    "\x17\x03\x03\x00\x20"sv
    "0123456789abcdef0123456789abcdef"sv;

TEST_F(TlsStreamTest, CarriesMuchBothWaysAtOnce) {
  const auto up = noise(support::kMoreThanBuffersHold, 1);
  const auto down = noise(support::kMoreThanBuffersHold, 2);
  auto client_wrote = io.start(writing_and_ending(client, up));
  auto server_wrote = io.start(writing_and_ending(server, down));
  auto client_read = io.start(reading_to_end(client));
  auto server_read = io.start(reading_to_end(server));
  EXPECT_FALSE(client_wrote.get());
  EXPECT_FALSE(server_wrote.get());
  const auto at_server = server_read.get();
  const auto at_client = client_read.get();
  EXPECT_FALSE(at_server.error);
  EXPECT_FALSE(at_client.error);
  EXPECT_TRUE(at_server.text == up);
  EXPECT_TRUE(at_client.text == down);
}

TEST_F(TlsStreamTest, AWriterWaitsForAReader) {
  const auto text = noise(support::kMoreThanBuffersHold, 3);
  auto wrote = io.start(writing(client, text));
  io.settle();
  EXPECT_FALSE(wrote.done());
  EXPECT_TRUE(io.await(reading(server, text.size())) == text);
  EXPECT_FALSE(wrote.get());
}

TEST_F(TlsStreamTest, OneReadTakesWhatHasArrivedOfSeveralRecords) {
  for (const auto* text : {"one ", "two ", "three"}) ASSERT_FALSE(io.await(writing(client, text)));
  io.settle();
  std::array<std::byte, 100> buffer;
  EXPECT_EQ(server.read_now(buffer), 13u);
}

TEST_F(TlsStreamTest, AReadWithoutInputWouldBlock) {
  std::array<std::byte, 100> buffer;
  EXPECT_EQ(server.read_now(buffer).error(), would_block());
}

TEST_F(TlsStreamTest, AHalfCloseLeavesTheOtherDirectionOpen) {
  io.await(writing_and_ending(client, "question"));
  const auto question = io.await(reading_to_end(server));
  EXPECT_EQ(question.text, "question");
  EXPECT_FALSE(question.error);
  io.await(writing_and_ending(server, "answer"));
  const auto answer = io.await(reading_to_end(client));
  EXPECT_EQ(answer.text, "answer");
  EXPECT_FALSE(answer.error);
}

TEST_F(TlsStreamTest, EndOfWritingIsSaidOnceAndNeverWaitsForThePeer) {
  io.await(client.end_writing());
  io.await(client.end_writing());
}

TEST_F(TlsStreamTest, EndOfWritingSaidTwiceDisturbsNoReading) {
  io.await(client.end_writing());
  ASSERT_FALSE(io.await(writing(server, "still sending")));
  io.settle();
  io.await(client.end_writing());
  EXPECT_EQ(io.await(reading(client, 13)), "still sending");
}

TEST_F(TlsStreamTest, CloseDeliversWhatWasWrittenAndAProperEnd) {
  ASSERT_FALSE(io.await(writing(server, "last words")));
  server.close();
  const auto read = io.await(reading_to_end(client));
  EXPECT_EQ(read.text, "last words");
  EXPECT_FALSE(read.error);
}

TEST_F(TlsStreamTest, AnEndWithoutCloseNotifyIsACut) {
  ASSERT_FALSE(io.await(writing(server, "half a wo")));
  end_without_close_notify(server);
  io.settle();
  const auto read = io.await(reading_to_end(client));
  EXPECT_EQ(read.text, "half a wo");
  EXPECT_EQ(read.error, Errc::truncated);
}

TEST_F(TlsStreamTest, AnEndWithoutCloseNotifyIsAnEndToWhomAcceptsIt) {
  client.accept_unannounced_end();
  ASSERT_FALSE(io.await(writing(server, "all of it")));
  end_without_close_notify(server);
  io.settle();
  const auto read = io.await(reading_to_end(client));
  EXPECT_EQ(read.text, "all of it");
  EXPECT_FALSE(read.error);
}

TEST_F(TlsStreamTest, AbortIsACut) {
  server.abort();
  EXPECT_TRUE(io.await(reading_to_end(client)).error);
}

TEST_F(TlsStreamTest, AbortIsACutAlsoToWhomAcceptsAnUnannouncedEnd) {
  client.accept_unannounced_end();
  server.abort();
  EXPECT_TRUE(io.await(reading_to_end(client)).error);
}

TEST_F(TlsStreamTest, ACutRightBehindDataIsNotForgotten) {
  client.accept_unannounced_end();
  ASSERT_FALSE(io.await(writing(server, "half a wo")));
  server.abort();
  io.settle();
  const auto read = io.await(reading_to_end(client));
  EXPECT_EQ(read.text, "half a wo");
  EXPECT_TRUE(read.error);
}

TEST_F(TlsStreamTest, AForgedRecordIsAFailure) {
  inject(server, kForgedRecord);
  EXPECT_EQ(io.await(reading_to_end(client)).error, Errc::tls_failed);
  EXPECT_NE(client.failure(), "");
}

TEST_F(TlsStreamTest, AForgedRecordRightBehindDataIsAFailureToo) {
  client.accept_unannounced_end();
  ASSERT_FALSE(io.await(writing(server, "genuine")));
  inject(server, kForgedRecord);
  io.settle();
  const auto read = io.await(reading_to_end(client));
  EXPECT_EQ(read.text, "genuine");
  EXPECT_EQ(read.error, Errc::tls_failed);
}

TEST_F(TlsStreamTest, InterruptEndsWaitingAndNothingElse) {
  auto waited = io.start(server.readable());
  io.settle();
  server.interrupt();
  EXPECT_EQ(waited.get(), std::errc::operation_canceled);
  ASSERT_FALSE(io.await(writing(client, "hello")));
  EXPECT_EQ(io.await(reading(server, 5)), "hello");
}

TEST_F(TlsStreamTest, ClosedItEndsWaitingAndRefusesEverything) {
  auto waited = io.start(server.readable());
  io.settle();
  server.close();
  EXPECT_TRUE(waited.get());
  std::array<std::byte, 1> octet{};
  EXPECT_NE(server.read_now(octet).error(), would_block());
  EXPECT_NE(server.write_now(octet).error(), would_block());
  io.await(server.end_writing());
  server.close();
  server.abort();
}

TEST_F(TlsStreamTest, WritingToAPeerThatIsGoneFails) {
  server.abort();
  io.settle();
  const auto text = noise(support::kMoreThanBuffersHold, 4);
  EXPECT_TRUE(io.await(writing(client, text)));
}

class TlsHandshake : public testing::Test {
 protected:
  support::TestIo io;
  SslContextPtr context = support::peer_server_context("ec");
};

TEST_F(TlsHandshake, FailsWithAPeerThatSpeaksNoTls) {
  auto [peer, socket] = support::tcp_pair(io);
  TlsStream server(std::move(socket), context.get());
  auto shaken = io.start(server.handshake());
  asio::write(peer, asio::buffer(std::string_view("GET / HTTP/1.1\r\n\r\n")));
  EXPECT_EQ(shaken.get(), Errc::tls_failed);
  EXPECT_NE(server.failure(), "");
}

TEST_F(TlsHandshake, FailsWithAPeerThatGoesAway) {
  auto [peer, socket] = support::tcp_pair(io);
  TlsStream server(std::move(socket), context.get());
  auto shaken = io.start(server.handshake());
  peer.close();
  EXPECT_EQ(shaken.get(), Errc::truncated);
}

TEST_F(TlsHandshake, IsEndedByClosing) {
  auto [peer, socket] = support::tcp_pair(io);
  TlsStream server(std::move(socket), context.get());
  auto shaken = io.start(server.handshake());
  io.settle();
  EXPECT_FALSE(shaken.done());
  server.close();
  EXPECT_TRUE(shaken.get());
}

TEST_F(TlsHandshake, NeedsAListener) {
  std::optional<tcp::acceptor> acceptor(support::small_listener(io));
  const auto nobody = acceptor->local_endpoint();
  acceptor.reset();
  TlsStream client(io.executor(), support::peer_client_context().get());
  EXPECT_EQ(io.await(client.connect(nobody)), std::errc::connection_refused);
}

}  // namespace
}  // namespace hardline
