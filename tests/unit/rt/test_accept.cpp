#include "hardline/rt/accept.hpp"

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
  } catch (const boost::system::system_error& e) {
    if (e.code() != asio::error::address_family_not_supported) throw;
    GTEST_SKIP() << "this machine has no IPv6";
  }
}

TEST(ListenOn, ThrowsWhereThePortIsTaken) {
  support::TestIo io;
  const auto first = listen_on(io.executor(), loopback());
  EXPECT_THROW(listen_on(io.executor(), first.local_endpoint()), boost::system::system_error);
}

}  // namespace
}  // namespace hardline
