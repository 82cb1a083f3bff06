#include "hardline/net/path_check.hpp"

#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <optional>

#include "support/streams.hpp"

namespace hardline {
namespace {

using namespace std::chrono_literals;

int option(int descriptor, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  EXPECT_EQ(::getsockopt(descriptor, IPPROTO_TCP, name, &value, &size), 0);
  return value;
}

/// What dead paths look like only a network can show: see discovery/test_dead_paths.cpp.
class PathCheckTest : public testing::Test {
 protected:
  PathCheckTest() { tune_tcp(descriptor); }

  /// Nothing more fits in, as the other side takes nothing.
  void fill() {
    const std::array<std::byte, 4096> chunk{};
    while (::send(descriptor, chunk.data(), chunk.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) continue;
  }

  support::TestIo io;
  std::pair<tcp::socket, tcp::socket> sockets = support::tcp_pair(io);
  int descriptor = sockets.first.native_handle();
  bool dead = false;
};

TEST_F(PathCheckTest, AnIdleConnectionEndsWithinSecondsAndByNoSingleProbe) {
  EXPECT_GE(option(descriptor, TCP_KEEPCNT), 2);
  EXPECT_LE(option(descriptor, TCP_KEEPIDLE) + option(descriptor, TCP_KEEPINTVL) * option(descriptor, TCP_KEEPCNT), 20);
  EXPECT_EQ(option(descriptor, TCP_USER_TIMEOUT), 0) << "by which Linux would go alone, and end those that wait";
}

TEST_F(PathCheckTest, LeavesALivePathAloneAndAsItWas) {
  PathCheck check(io.executor(), descriptor, [this] { dead = true; }, {.dead_after = 900ms, .lasts = 1500ms});
  EXPECT_EQ(option(descriptor, TCP_KEEPIDLE), 1);
  // A second's silence lies between probes; here somebody speaks.
  while (!check.is_over() && !dead) {
    sockets.second.send(asio::buffer("x", 1));
    io.context().run_for(20ms);
  }
  EXPECT_FALSE(dead);
  EXPECT_EQ(option(descriptor, TCP_KEEPIDLE), 8);
  EXPECT_EQ(option(descriptor, TCP_KEEPINTVL), 3);
}

TEST_F(PathCheckTest, LeavesAReaderAloneThatTakesNothingForALongTime) {
  PathCheck check(io.executor(), descriptor, [this] { dead = true; }, {.dead_after = 100ms, .lasts = 3s});
  fill();
  EXPECT_TRUE(io.run_until([&] { return check.is_over(); }));
  EXPECT_FALSE(dead) << "it is well, and was asked little: less and less often";
}

class DeliveryWatchTest : public PathCheckTest {};

TEST_F(DeliveryWatchTest, LeavesAReaderAloneThatTakesNothingForALongTime) {
  DeliveryWatch watch(
      io.executor(), descriptor, [this] { dead = true; }, 100ms);
  fill();
  watch.sent();
  io.context().run_for(3s);
  EXPECT_FALSE(dead);
  EXPECT_GT(io.context().run_for(1s), 0u) << "and goes on watching";
}

TEST_F(DeliveryWatchTest, HasNothingToDoOnceEverythingWasTaken) {
  DeliveryWatch watch(
      io.executor(), descriptor, [this] { dead = true; }, 300ms);
  for (int i = 0; i < 2; ++i) {
    sockets.first.send(asio::buffer("x", 1));
    watch.sent();
    EXPECT_GT(io.context().run_for(1s), 0u) << "it looks";
    EXPECT_EQ(io.context().run_for(1s), 0u) << "and has no more to look for";
    EXPECT_FALSE(dead);
  }
}

TEST_F(PathCheckTest, CallsSilenceDeath) {
  sockets.first.set_option(asio::socket_base::keep_alive(false));
  PathCheck check(io.executor(), descriptor, [this] { dead = true; }, {.dead_after = 500ms, .lasts = 1min});
  EXPECT_TRUE(io.run_until([this] { return dead; }));
  EXPECT_TRUE(check.is_over());
}

TEST_F(PathCheckTest, MayGoInsideItsVerdict) {
  std::optional<PathCheck> check;
  sockets.first.set_option(asio::socket_base::keep_alive(false));
  const auto end = [&] {
    check.reset();
    dead = true;
  };
  check.emplace(io.executor(), descriptor, end, PathCheckTimes{.dead_after = 500ms, .lasts = 1min});
  EXPECT_TRUE(io.run_until([this] { return dead; }));
}

TEST_F(PathCheckTest, IsSilentOnceItIsGone) {
  std::optional<PathCheck> check;
  sockets.first.set_option(asio::socket_base::keep_alive(false));
  check.emplace(
      io.executor(), descriptor, [this] { dead = true; }, PathCheckTimes{.dead_after = 0ms, .lasts = 1min});
  check.reset();
  io.context().run_for(1100ms);
  EXPECT_FALSE(dead);
}

TEST_F(PathCheckTest, IsOverSoonWhereThereIsNoPath) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  SocketStream near(StreamSocket(io.executor(), asio::generic::stream_protocol(AF_UNIX, 0), ends[0]));
  const SocketStream far(StreamSocket(io.executor(), asio::generic::stream_protocol(AF_UNIX, 0), ends[1]));
  EXPECT_FALSE(has_lost_its_address(ends[0]));
  near.check_path();
  io.context().run_for(1100ms);
  EXPECT_TRUE(near.is_open());
}

TEST_F(PathCheckTest, LoopbackIsAlwaysHere) {
  EXPECT_FALSE(has_lost_its_address(descriptor));
  tcp::acceptor acceptor(io.executor(), {asio::ip::make_address("127.99.0.1"), 0});
  EXPECT_FALSE(has_lost_its_address(acceptor.native_handle()));
}

}  // namespace
}  // namespace hardline
