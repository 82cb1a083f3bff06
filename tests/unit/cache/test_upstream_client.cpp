#include "cache/upstream_client.hpp"

#include <gtest/gtest.h>

#include "hardline/base/errc.hpp"
#include "support/http_server.hpp"
#include "support/streams.hpp"

namespace hardline::cache {
namespace {

using namespace std::chrono_literals;
using Asked = tl::expected<std::unique_ptr<Exchange>, UpstreamProblem>;

class UpstreamClientTest : public testing::Test {
 protected:
  UpstreamClient& client(std::uint64_t octets_per_hour = 0) {
    if (!client_)
      client_.emplace(io.executor(), resolver, Upstream{HostPort{"127.0.0.1", server.port()}}, octets_per_hour);
    return *client_;
  }
  support::Running<Asked> asking(const std::string& target) { return io.start(client().ask("GET", target, {}, 10s)); }
  std::unique_ptr<Exchange> answered(const std::string& answer) {
    auto asked = asking("/");
    auto peer = server.accept();
    peer.request();
    peer.send(answer);
    peer.end();
    auto exchange = asked.get();
    return exchange ? std::move(*exchange) : nullptr;
  }
  std::string location_of(const std::string& location) {
    const auto exchange = answered("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + "\r\n\r\n");
    return std::string(*http::find_field(exchange->fields, "Location"));
  }

  support::TestIo io;
  Resolver resolver;
  support::HttpListener server{io};
  std::optional<UpstreamClient> client_;
};

TEST_F(UpstreamClientTest, BringsTheAnswer) {
  const auto exchange = answered(support::http_answer("content", "404 Not Found", "X: y\r\nKeep-Alive: z\r\n"));
  ASSERT_TRUE(exchange);
  EXPECT_EQ(exchange->status, 404);
  EXPECT_EQ(exchange->length, 7u);
  EXPECT_EQ(http::find_field(exchange->fields, "X"), "y");
  EXPECT_FALSE(http::find_field(exchange->fields, "Keep-Alive")) << "of one connection";
  EXPECT_FALSE(http::find_field(exchange->fields, "Content-Length")) << "is written anew";
  EXPECT_EQ(io.await(exchange->read()), "content");
  EXPECT_EQ(io.await(exchange->read()), "");
}

TEST_F(UpstreamClientTest, GivesBackWhatCouldNotBeUsed) {
  const auto exchange = answered(support::http_answer("content"));
  auto piece = io.await(exchange->read());
  exchange->unread(*piece);
  EXPECT_EQ(io.await(exchange->read()), "content");
}

TEST_F(UpstreamClientTest, MakesItsOwnAddressesRelative) {
  const auto own = "http://127.0.0.1:" + std::to_string(server.port());
  EXPECT_EQ(location_of(own + "/a/?b=c#d"), "/a/?b=c#d");
  EXPECT_EQ(location_of(own), "/");
  EXPECT_EQ(location_of(own + "?b"), "/?b");
  EXPECT_EQ(location_of("/a/"), "/a/");
  EXPECT_EQ(location_of("http://127.0.0.1:1/a/"), "http://127.0.0.1:1/a/");
  EXPECT_EQ(location_of("http://example.org/a/"), "http://example.org/a/");
  EXPECT_EQ(location_of(own + "//example.org/"), own + "//example.org/") << "would lead elsewhere";
}

TEST_F(UpstreamClientTest, KnowsWhetherTheServerIsDown) {
  EXPECT_FALSE(client().is_down());
  EXPECT_TRUE(answered(support::http_answer("", "500 Internal Server Error")));
  EXPECT_FALSE(client().is_down()) << "it answers";
  auto asked = asking("/");
  server.accept().cut();
  const auto result = asked.get();
  ASSERT_FALSE(result);
  EXPECT_FALSE(result.error().text.empty());
  EXPECT_TRUE(client().is_down());
  EXPECT_FALSE(client().takes_turn_to_ask()) << "a while later";
  EXPECT_TRUE(answered(support::http_answer("")));
  EXPECT_FALSE(client().is_down());
}

TEST_F(UpstreamClientTest, HasOneAskForAll) {
  EXPECT_TRUE(client().takes_turn_to_ask());
  EXPECT_FALSE(client().takes_turn_to_ask());
}

TEST_F(UpstreamClientTest, CountsWhatItReceives) {
  client(1000);
  const auto exchange = answered(support::http_answer(std::string(1000, 'x')));
  EXPECT_FALSE(client().quota_is_used_up()) << "nothing of the body was taken";
  auto reading = io.start(exchange->read());
  io.settle();
  EXPECT_TRUE(client().quota_is_used_up());
  client().close();
  reading.get();
}

TEST_F(UpstreamClientTest, HoldsUpWhatComesWithAnEmptyQuota) {
  client(3600 * 1000);  // a thousand octets a second
  const auto exchange = answered(support::http_answer(std::string(3600 * 1000 + 200, 'x')));
  std::size_t read = 0;
  const auto began = std::chrono::steady_clock::now();
  while (read < 3600 * 1000 + 200) {
    const auto piece = io.await(exchange->read());
    ASSERT_TRUE(piece && !piece->empty());
    read += piece->size();
  }
  EXPECT_GE(std::chrono::steady_clock::now() - began, 150ms);
}

TEST_F(UpstreamClientTest, EndsWhatRunsWhenItIsClosed) {
  auto asked = asking("/");
  auto peer = server.accept();
  peer.request();
  client().close();
  const auto result = asked.get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().error, Errc::cancelled);
  const auto later = asking("/").get();
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().error, Errc::cancelled);
}

}  // namespace
}  // namespace hardline::cache
