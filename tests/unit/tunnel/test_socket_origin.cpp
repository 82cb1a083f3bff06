#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "hardline/base/errc.hpp"
#include "hardline/tunnel/origin.hpp"
#include "support/http_server.hpp"
#include "support/streams.hpp"

namespace hardline::tunnel {
namespace {

using support::accepting;
using support::reading;
using support::writing;

class SocketOriginTest : public testing::Test {
 protected:
  Result<std::unique_ptr<ByteStream>> connect(OriginAddress address) {
    SocketOrigin origin(std::move(address), resolver, leads_back);
    return io.await(origin.connect());
  }

  /// Whether `address` leads to `acceptor`, and octets pass.
  template <class Acceptor>
  void expect_connection(OriginAddress address, Acceptor& acceptor) {
    const auto stream = connect(std::move(address));
    ASSERT_TRUE(stream) << stream.error().message();
    SocketStream service(StreamSocket(acceptor.accept()));
    ASSERT_FALSE(io.await(writing(**stream, "question")));
    EXPECT_EQ(io.await(reading(service, 8)), "question");
    ASSERT_FALSE(io.await(writing(service, "answer")));
    EXPECT_EQ(io.await(reading(**stream, 6)), "answer");
  }

  tcp::acceptor listen(const char* address) { return {io.executor(), {asio::ip::make_address(address), 0}}; }

  support::TestIo io;
  Resolver resolver;
  LeadsBack leads_back;
};

TEST_F(SocketOriginTest, ConnectsToAnIpv4Address) {
  auto acceptor = listen("127.0.0.1");
  expect_connection(HostPort{"127.0.0.1", acceptor.local_endpoint().port()}, acceptor);
}

TEST_F(SocketOriginTest, ConnectsToAnIpv6Address) {
  try {
    auto acceptor = listen("::1");
    expect_connection(HostPort{"::1", acceptor.local_endpoint().port()}, acceptor);
  } catch (const boost::system::system_error& e) {
    GTEST_SKIP() << "this machine has no IPv6 loopback: " << e.what();
  }
}

TEST_F(SocketOriginTest, FindsALocalhostThatSpeaksIpv4Alone) {
  auto acceptor = listen("127.0.0.1");
  expect_connection(HostPort{"localhost", acceptor.local_endpoint().port()}, acceptor);
}

TEST_F(SocketOriginTest, FindsALocalhostThatSpeaksIpv6Alone) {
  try {
    auto acceptor = listen("::1");
    expect_connection(HostPort{"localhost", acceptor.local_endpoint().port()}, acceptor);
  } catch (const boost::system::system_error& e) {
    GTEST_SKIP() << "this machine has no IPv6 loopback: " << e.what();
  }
}

TEST_F(SocketOriginTest, ConnectsToAUnixSocket) {
  auto folder = (std::filesystem::temp_directory_path() / "hardline-origin-XXXXXX").string();
  ASSERT_TRUE(::mkdtemp(folder.data()));
  const auto path = folder + "/service.sock";
  {
    asio::local::stream_protocol::acceptor acceptor(io.executor(), asio::local::stream_protocol::endpoint(path));
    expect_connection(UnixPath{path}, acceptor);
  }
  std::filesystem::remove_all(folder);
}

TEST_F(SocketOriginTest, DoesNotLeadBackByWhateverNameItIs) {
  auto acceptor = listen("127.0.0.1");
  const StreamSocket::endpoint_type own = acceptor.local_endpoint();
  leads_back = [own](const auto& remote) { return remote == own; };
  for (const char* name : {"127.0.0.1", "localhost", "0.0.0.0", "127.1"}) {
    const auto stream = connect(HostPort{name, acceptor.local_endpoint().port()});
    ASSERT_FALSE(stream) << name;
    EXPECT_EQ(stream.error(), Errc::leads_to_ourselves) << name;
  }
  auto other = listen("127.0.0.1");
  expect_connection(HostPort{"127.0.0.1", other.local_endpoint().port()}, other);
}

TEST_F(SocketOriginTest, SaysThatNobodyListens) {
  const auto port = listen("127.0.0.1").local_endpoint().port();
  EXPECT_EQ(connect(HostPort{"127.0.0.1", port}).error(), std::errc::connection_refused);
  EXPECT_EQ(connect(HostPort{"localhost", port}).error(), std::errc::connection_refused);
}

TEST_F(SocketOriginTest, SaysThatTheUnixSocketIsMissing) {
  EXPECT_EQ(connect(UnixPath{"/nonexistent/service.sock"}).error(), std::errc::no_such_file_or_directory);
}

TEST_F(SocketOriginTest, SaysThatTheNameIsUnknown) {
  const std::error_code unknown = asio::error::make_error_code(asio::error::host_not_found);
  const auto label = std::string(64, 'x');  // one octet too long to be asked of anybody: this test sends no packet
  EXPECT_EQ(connect(HostPort{label + ".invalid", 80}).error(), unknown);
}

TEST_F(SocketOriginTest, MakesANewConnectionEachTime) {
  auto acceptor = listen("127.0.0.1");
  SocketOrigin origin(HostPort{"127.0.0.1", acceptor.local_endpoint().port()}, resolver);
  const auto one = io.await(origin.connect());
  const auto other = io.await(origin.connect());
  ASSERT_TRUE(one && other);
  auto at_one = acceptor.accept();
  auto at_other = acceptor.accept();
  ASSERT_FALSE(io.await(writing(**other, "x")));
  io.settle();
  EXPECT_EQ(at_one.available(), 0u);
  EXPECT_EQ(at_other.available(), 1u);
}

TEST_F(SocketOriginTest, ChecksWhetherSomebodyListens) {
  auto acceptor = listen("127.0.0.1");
  SocketOrigin origin(HostPort{"localhost", acceptor.local_endpoint().port()}, resolver);
  EXPECT_FALSE(io.await(origin.check()));
  SocketStream visitor(StreamSocket(acceptor.accept()));
  EXPECT_EQ(io.await(reading(visitor, 1)), "");  // it has left without a word
  acceptor.close();
  EXPECT_EQ(io.await(origin.check()), std::errc::connection_refused);
}

TEST_F(SocketOriginTest, ChecksAUnixSocket) {
  SocketOrigin origin(UnixPath{"/nonexistent/service.sock"}, resolver);
  EXPECT_EQ(io.await(origin.check()), std::errc::no_such_file_or_directory);
}

TEST_F(SocketOriginTest, EndsItsChecksWhenItIsClosed) {
  const support::DeadPort dead(io);
  SocketOrigin origin(HostPort{"127.0.0.1", dead.port()}, resolver);
  auto check = io.start(origin.check());
  auto other = io.start(origin.check());
  io.settle();
  EXPECT_FALSE(check.done());
  origin.close();
  EXPECT_EQ(check.get(), Errc::cancelled);
  EXPECT_EQ(other.get(), Errc::cancelled);
  EXPECT_EQ(io.await(origin.check()), Errc::cancelled);
}

TEST_F(SocketOriginTest, StillConnectsWhenItIsClosed) {
  auto acceptor = listen("127.0.0.1");
  SocketOrigin origin(HostPort{"127.0.0.1", acceptor.local_endpoint().port()}, resolver);
  origin.close();  // as at the end, while open sessions go on
  EXPECT_TRUE(io.await(origin.connect()));
}

}  // namespace
}  // namespace hardline::tunnel
