#include "hardline/net/accept.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <vector>

#include "support/streams.hpp"

namespace hardline {
namespace {

using support::loopback;

/// As long as it lives, accept(2) fails as it does without a free descriptor. Taking the descriptors away for real
/// would also take them from the undefined-behaviour sanitizer, which needs some to look at an object's type.
class NoDescriptorsLeft {
 public:
  NoDescriptorsLeft() { now = true; }
  ~NoDescriptorsLeft() { now = false; }

  static inline bool now = false;
  static inline int refused = 0;
};

}  // namespace
}  // namespace hardline

/// In place of the C library's, for the whole test program.
extern "C" int accept(int descriptor, sockaddr* address, socklen_t* length) {
  using hardline::NoDescriptorsLeft;
  if (!NoDescriptorsLeft::now) return ::accept4(descriptor, address, length, 0);
  ++NoDescriptorsLeft::refused;
  errno = EMFILE;
  return -1;
}

namespace hardline {
namespace {

class AcceptLoop : public testing::Test {
 protected:
  void start() {
    loop =
        io.start(accept_loop(acceptor, "test", [this](tcp::socket socket) { accepted.push_back(std::move(socket)); }));
  }

  support::TestIo io;
  tcp::acceptor acceptor = listen_on(io.executor(), loopback());
  std::vector<tcp::socket> accepted;
  std::optional<support::Running<void>> loop;
};

TEST_F(AcceptLoop, HandsEveryConnectionOver) {
  start();
  tcp::socket one(io.executor());
  tcp::socket two(io.executor());
  one.connect(acceptor.local_endpoint());
  two.connect(acceptor.local_endpoint());
  EXPECT_TRUE(io.run_until([this] { return accepted.size() == 2; }));
}

TEST_F(AcceptLoop, EndsWhenTheAcceptorIsClosed) {
  start();
  io.settle();
  EXPECT_FALSE(loop->done());
  acceptor.close();
  loop->get();
}

TEST_F(AcceptLoop, GoesOnAfterRunningOutOfDescriptors) {
  tcp::socket client(io.executor());
  client.connect(acceptor.local_endpoint());
  start();
  {
    const NoDescriptorsLeft starved;
    ASSERT_TRUE(io.run_until([] { return NoDescriptorsLeft::refused > 0; }));
    EXPECT_TRUE(accepted.empty());
    EXPECT_FALSE(loop->done());
  }
  EXPECT_TRUE(io.run_until([this] { return accepted.size() == 1; }));
}

TEST_F(AcceptLoop, PausesBetweenTriesWithoutDescriptors) {
  tcp::socket client(io.executor());
  client.connect(acceptor.local_endpoint());
  start();
  const NoDescriptorsLeft starved;
  const auto before = NoDescriptorsLeft::refused;
  io.settle();
  EXPECT_LE(NoDescriptorsLeft::refused - before, 1);
}

TEST_F(AcceptLoop, EndsEvenWhileItWaitsForDescriptors) {
  tcp::socket client(io.executor());
  client.connect(acceptor.local_endpoint());
  start();
  const NoDescriptorsLeft starved;
  io.settle();
  acceptor.close();
  loop->get();
}

TEST(ListenOn, IsForIpv6AloneOnAnIpv6Address) {
  support::TestIo io;
  try {
    const auto acceptor = listen_on(io.executor(), {tcp::v6(), 0});
    asio::ip::v6_only v6_only;  // not by taking its port on IPv4 too, which any other process may have
    acceptor.get_option(v6_only);
    EXPECT_TRUE(v6_only.value());
  } catch (const std::system_error& e) {
    if (e.code() != std::errc::address_family_not_supported) throw;
    GTEST_SKIP() << "this machine has no IPv6";
  }
}

TEST(ListenOn, ThrowsWhereThePortIsTaken) {
  support::TestIo io;
  const auto first = listen_on(io.executor(), loopback());
  EXPECT_THROW(listen_on(io.executor(), first.local_endpoint()), std::system_error);
}

class AcceptorsTest : public testing::Test {
 protected:
  ~AcceptorsTest() override {
    acceptors.stop();
    io.await(tasks.join());
  }

  void open(std::uint16_t port) {
    acceptors.open(asio::ip::address_v4::loopback(), asio::ip::address_v6::loopback(), port);
  }

  support::TestIo io;
  TaskGroup tasks{io.executor()};
  Acceptors acceptors{io.executor(), "test"};
  std::vector<tcp::socket> accepted;
};

TEST_F(AcceptorsTest, HandOverWhatComesByEitherFamily) {
  open(0);
  ASSERT_TRUE(acceptors.is_open());
  acceptors.start(tasks, [this](tcp::socket socket) { accepted.push_back(std::move(socket)); });
  tcp::socket by_v4(io.executor());
  by_v4.connect({asio::ip::address_v4::loopback(), acceptors.port()});
  EXPECT_TRUE(io.run_until([this] { return accepted.size() == 1; }));
  tcp::socket by_v6(io.executor());
  AsioError no_v6;
  by_v6.connect({asio::ip::address_v6::loopback(), acceptors.port()}, no_v6);
  if (no_v6) GTEST_SKIP() << "this machine has no IPv6";
  EXPECT_TRUE(io.run_until([this] { return accepted.size() == 2; }));
}

TEST_F(AcceptorsTest, AreNotOpenWhereThePortIsTakenOnOneFamily) {
  std::optional<tcp::acceptor> other;
  try {
    other = listen_on(io.executor(), {asio::ip::address_v6::loopback(), 0});
  } catch (const std::system_error&) {
    GTEST_SKIP() << "this machine has no IPv6";
  }
  try {
    open(other->local_endpoint().port());
    FAIL() << "the port is taken";
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), std::errc::address_in_use);
  }
  EXPECT_FALSE(acceptors.is_open());
  EXPECT_EQ(acceptors.port(), 0);
}

TEST_F(AcceptorsTest, StopTakingConnections) {
  open(0);
  acceptors.start(tasks, [this](tcp::socket socket) { accepted.push_back(std::move(socket)); });
  acceptors.stop();
  EXPECT_FALSE(acceptors.is_open());
  io.await(tasks.join());
}

}  // namespace
}  // namespace hardline
