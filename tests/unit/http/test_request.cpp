#include "hardline/http/request.hpp"

#include <gtest/gtest.h>

#include "hardline/http/request_head.hpp"

namespace hardline::http {
namespace {

constexpr std::string_view kPlain = "GET /foo HTTP/1.1\r\nHost: x\r\n\r\n";

int status_of_refusal(std::string_view octets) {
  const auto parsed = parse_request(octets);
  return parsed ? 0 : parsed.error().status;
}

Request parsed(std::string_view octets) {
  const auto result = parse_request(octets);
  EXPECT_TRUE(result && result->request) << octets;
  return result && result->request ? *result->request : Request{};
}

TEST(CacheRequest, IsTakenApart) {
  const auto result = parse_request(std::string(kPlain) + "GET /next");
  ASSERT_TRUE(result && result->request);
  EXPECT_EQ(result->length, kPlain.size());
  EXPECT_EQ(result->request->method, "GET");
  EXPECT_EQ(result->request->target, "/foo");
  EXPECT_TRUE(result->request->keep_alive);
  EXPECT_FALSE(result->request->http_1_0);
  EXPECT_FALSE(result->request->has_content);
}

TEST(CacheRequest, IsWaitedForWhileItMayStillBecomeOne) {
  for (std::size_t length = 0; length < kPlain.size(); ++length) {
    const auto result = parse_request(kPlain.substr(0, length));
    ASSERT_TRUE(result) << length;
    EXPECT_FALSE(result->request) << length;
  }
}

TEST(CacheRequest, MayFollowEmptyLines) {
  const auto result = parse_request("\r\n\r\n" + std::string(kPlain));
  ASSERT_TRUE(result && result->request);
  EXPECT_EQ(result->length, kPlain.size() + 4);
}

TEST(CacheRequest, KeepsTheFieldsThatChooseAmongAnswers) {
  const auto request = parsed(
      "GET / HTTP/1.1\r\nHost: x\r\nrange: bytes=0-1\r\nCookie: secret\r\nAuthorization: secret\r\n"
      "If-None-Match: \"a\"\r\nAccept-Encoding: gzip\r\n\r\n");
  ASSERT_EQ(request.fields.size(), 3u);
  EXPECT_EQ(http::find_field(request.fields, "Range"), "bytes=0-1");
  EXPECT_EQ(http::find_field(request.fields, "If-None-Match"), "\"a\"");
  EXPECT_EQ(http::find_field(request.fields, "Accept-Encoding"), "gzip");
}

TEST(CacheRequest, ClosesWhereTheClientSaysSoOrSpeaksTheOldVersion) {
  EXPECT_FALSE(parsed("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").keep_alive);
  const auto old = parsed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_FALSE(old.keep_alive);
  EXPECT_TRUE(old.http_1_0);
}

TEST(CacheRequest, SaysWhetherContentFollows) {
  EXPECT_TRUE(parsed("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n").has_content);
  EXPECT_TRUE(parsed("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n").has_content);
  EXPECT_FALSE(parsed("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").has_content);
  EXPECT_TRUE(parsed("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n").has_content);
}

TEST(CacheRequest, IsRefusedWhereItSaysItsLengthInTwoWays) {
  for (const auto* lines :
       {"Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n", "Content-Length: 0x5\r\n"})
    EXPECT_EQ(status_of_refusal(std::string("GET / HTTP/1.1\r\nHost: x\r\n") + lines + "\r\n"), 400) << lines;
}

TEST(CacheRequest, IsRefusedWhereItsLinesAreNotClean) {
  for (const auto* lines :
       {"A: b\r\n c\r\n", "A: b\r\n\tc\r\n", "A : b\r\n", "A: b\n", "A: b\rc\r\n", "A\r\n", ": b\r\n", "A: b\r\r\n"})
    EXPECT_EQ(status_of_refusal(std::string("GET / HTTP/1.1\r\nHost: x\r\n") + lines + "\r\n"), 400) << lines;
  EXPECT_EQ(status_of_refusal(std::string_view("GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n", 30)), 400);
  EXPECT_EQ(status_of_refusal(" GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
}

TEST(CacheRequest, NamesOneHost) {
  EXPECT_EQ(status_of_refusal("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status_of_refusal("GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"), 400);
}

TEST(CacheRequest, IsOfHttp1) {
  EXPECT_EQ(status_of_refusal("GET /\r\n"), 400);
  EXPECT_EQ(status_of_refusal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 400);
  EXPECT_EQ(status_of_refusal("GET / HTTP/1.2\r\n"), 400);
  EXPECT_EQ(status_of_refusal("GET  / HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
}

TEST(CacheRequest, IsBounded) {
  const std::string start = "GET / HTTP/1.1\r\nHost: x\r\nA: ";
  EXPECT_EQ(status_of_refusal(start + std::string(kMaxRequestHead, 'a')), 431);
  EXPECT_EQ(status_of_refusal("GET /" + std::string(kMaxRequestHead, 'a')), 431);
  std::string empty_lines;
  while (empty_lines.size() <= kMaxRequestHead) empty_lines += "\r\n";
  EXPECT_EQ(status_of_refusal(empty_lines), 431);
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 101; ++i) many += "A: b\r\n";
  EXPECT_EQ(status_of_refusal(many + "\r\n"), 431);
}

}  // namespace
}  // namespace hardline::http
