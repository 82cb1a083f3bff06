#include "hardline/http/forwarding.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hardline::http {
namespace {

using testing::HasSubstr;
using Content = ForwardedHead::Content;

const std::string kGet = "GET http://wiki.localhost:7009/a?b HTTP/1.1\r\n";

std::optional<ForwardedHead> forward(const std::string& bytes) {
  const auto head = parse_request_head(bytes);
  if (!head) throw std::runtime_error("this is no head: " + bytes);
  return forward_request_head(*head, bytes);
}

/// What goes on of a request with these fields.
std::string forwarded(const std::string& fields) {
  return forward(kGet + fields + "\r\n")->text;
}

TEST(Forwarding, PutsARequestInOriginFormAndItsHostInItsPlace) {
  EXPECT_EQ(forwarded("Host: other.localhost\r\nAccept: */*\r\n"),
            "GET /a?b HTTP/1.1\r\nHost: wiki.localhost:7009\r\nAccept: */*\r\nConnection: close\r\n\r\n");
}

TEST(Forwarding, NamesTheHostOfARequestThatHadNone) {
  EXPECT_EQ(forward("GET http://a.localhost HTTP/1.0\n\n")->text,
            "GET / HTTP/1.0\r\nHost: a.localhost\r\nConnection: close\r\n\r\n");
}

TEST(Forwarding, LeavesOutWhatIsAboutOneConnection) {
  for (const char* field : {"Connection: keep-alive", "Proxy-Connection: Keep-Alive", "Proxy-Authorization: Basic x",
                            "KEEP-ALIVE: timeout=5", "TE: trailers", "Upgrade: websocket"})
    EXPECT_EQ(forwarded(std::string(field) + "\r\nX: y\r\n"),
              "GET /a?b HTTP/1.1\r\nHost: wiki.localhost:7009\r\nX: y\r\nConnection: close\r\n\r\n")
        << field;
}

TEST(Forwarding, LeavesOutWhatConnectionNames) {
  const auto text = forwarded("X-One: 1\r\nConnection: keep-alive, x-one\r\nX-Two: 2\r\nconnection:X-Two\r\nX: y\r\n");
  EXPECT_EQ(text, "GET /a?b HTTP/1.1\r\nHost: wiki.localhost:7009\r\nX: y\r\nConnection: close\r\n\r\n");
}

TEST(Forwarding, KeepsWhatSaysHowLongTheContentIsWhoeverNamesIt) {
  EXPECT_THAT(forwarded("Connection: content-length\r\nContent-Length: 5\r\n"), HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(forwarded("Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n"),
              HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(forwarded("Connection: host\r\n"), HasSubstr("Host: wiki"));
}

TEST(Forwarding, KeepsFieldsAsTheyAre) {
  EXPECT_THAT(forwarded("X-Odd:\t \xff, \"a\" \r\nExpect: 100-continue\r\n"),
              HasSubstr("X-Odd:\t \xff, \"a\" \r\nExpect: 100-continue\r\n"));
}

TEST(Forwarding, TakesNothingFromBehindTheHead) {
  EXPECT_EQ(forward(kGet + "\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n")->text, forwarded(""));
}

TEST(Forwarding, TellsHowLongTheContentIs) {
  EXPECT_EQ(forward(kGet + "\r\n")->content, Content::none);
  const auto with_length = forward(kGet + "Content-Length: 0123\r\n\r\n");
  EXPECT_EQ(with_length->content, Content::length);
  EXPECT_EQ(with_length->length, 123U);
  EXPECT_EQ(forward(kGet + "transfer-encoding: Chunked\r\n\r\n")->content, Content::chunked);
}

TEST(Forwarding, RefusesContentWhoseEndCouldBeTakenForAnother) {
  for (const char* fields :
       {"Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: 5, 5\r\n", "Content-Length: +5\r\n",
        "Content-Length:\r\n", "Content-Length: 1234567890123456789\r\n", "Content-Length: 0x5\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: gzip\r\n", "Transfer-Encoding: chunked, chunked\r\n", "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"})
    EXPECT_EQ(forward(kGet + fields + "\r\n"), std::nullopt) << fields;
  EXPECT_EQ(forward("POST http://a/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), std::nullopt);
}

tl::expected<AnswerHead, HeadError> read_in_pieces(std::string_view bytes, std::size_t size) {
  AnswerHeadReader reader;
  auto head = reader.feed("");
  for (; !head && head.error() == HeadError::incomplete && !bytes.empty();
       bytes.remove_prefix(std::min(size, bytes.size())))
    head = reader.feed(bytes.substr(0, size));
  return head;
}

/// The answer to `bytes` at once, and that it is no other in pieces.
tl::expected<AnswerHead, HeadError> read_answer(std::string_view bytes) {
  auto head = AnswerHeadReader().feed(bytes);
  for (const std::size_t size : {1, 2, 7}) EXPECT_EQ(read_in_pieces(bytes, size), head) << size;
  return head;
}

std::optional<HeadError> error_of(std::string_view bytes) {
  const auto head = read_answer(bytes);
  return head ? std::nullopt : std::optional(head.error());
}

TEST(AnswerHead, SaysThatItIsTheLast) {
  const std::string bytes = "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 4\r\n\r\nbody";
  const auto head = read_answer(bytes);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->text, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(head->length, bytes.size() - 4);
}

TEST(AnswerHead, LeavesOutWhatIsAboutOneConnection) {
  for (const char* field :
       {"Keep-Alive: timeout=5", "proxy-connection: keep-alive", "Upgrade: h2c", "Connection: x-hop\r\nX-Hop: 1"})
    EXPECT_EQ(read_answer("HTTP/1.1 200 OK\r\n" + std::string(field) + "\r\nX: y\r\n\r\n")->text,
              "HTTP/1.1 200 OK\r\nX: y\r\nConnection: close\r\n\r\n")
        << field;
}

TEST(AnswerHead, SaysNothingInAnInterimOne) {
  const auto head = read_answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 100);
  EXPECT_EQ(head->text, "HTTP/1.1 100 Continue\r\n\r\n");
}

TEST(AnswerHead, PassesOddFieldsOn) {
  const auto head = read_answer("HTTP/1.0 200\nX : y\nno colon\nKeep-Alive: a\n folded\nSet-Cookie: \xff\n z\n\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->text, "HTTP/1.0 200\r\nX : y\r\nno colon\r\nSet-Cookie: \xff\r\n z\r\nConnection: close\r\n\r\n");
}

TEST(AnswerHead, ReadsOnUntilTheBlankLine) {
  const std::string bytes = "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n";
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_EQ(error_of(bytes.substr(0, length)), HeadError::incomplete) << length;
  EXPECT_EQ(error_of(bytes), std::nullopt);
}

TEST(AnswerHead, KnowsAtItsFirstWrongOctetThatAnAnswerIsNone) {
  for (const char* bytes : {"S", "\n", "HTTP/2", "HTTP/1.x", "HTTP/1.1\t", "HTTP/1.1 2x"}) {
    const std::string_view all(bytes);
    EXPECT_EQ(error_of(all), HeadError::malformed) << bytes;
    EXPECT_EQ(error_of(all.substr(0, all.size() - 1)), HeadError::incomplete) << bytes;
  }
}

TEST(AnswerHead, IsNoUpgradeThatNobodyAskedFor) {
  EXPECT_EQ(error_of("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), HeadError::malformed);
}

TEST(AnswerHead, BoundsItsLength) {
  const std::string start = "HTTP/1.1 200 OK\r\nX: ";
  const auto longest = start + std::string(kMaxAnswerHead - start.size() - 4, 'x') + "\r\n\r\n";
  EXPECT_EQ(error_of(longest), std::nullopt);
  EXPECT_EQ(AnswerHeadReader().feed(start + "x" + longest.substr(start.size())), tl::unexpected(HeadError::too_large));
}

TEST(AnswerHead, KeepsItsOctetsForWhoPassesThemOn) {
  AnswerHeadReader reader;
  EXPECT_FALSE(reader.feed("HT"));
  EXPECT_FALSE(reader.feed("ML>"));
  EXPECT_EQ(reader.octets(), "HTM");
}

}  // namespace
}  // namespace hardline::http
