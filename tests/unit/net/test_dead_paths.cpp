// Streams of rt on paths that die, which only a network can show.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "hardline/net/socket_stream.hpp"
#include "hardline/net/tls_stream.hpp"
#include "hardline/rt/clock.hpp"
#include "support/network_namespace.hpp"

namespace hardline {
namespace {

using namespace std::chrono_literals;

/// Soon enough for a person who waits, and longer than a busy machine takes.
constexpr auto kWithinSeconds = 9s;

enum class Kind { tcp, tls };

/// A stream from one host to another, on whose path the test may cut.
class DeadPath : public testing::Test {
 protected:
  explicit DeadPath(Kind k = Kind::tcp) : kind(k) {}

  void SetUp() override {
    if (const auto reason = test::leave_the_real_network()) GTEST_SKIP() << *reason;
    near_network.emplace();
    far_network.emplace();
    test::connect(*near_network, "192.0.2.1/24", *far_network, "192.0.2.2/24");
    near.emplace(*near_network);
    far.emplace(*far_network);
    tcp::endpoint endpoint;
    far->call([&] {
      acceptor.emplace(far->io(), tcp::endpoint(asio::ip::make_address("192.0.2.2"), 0));
      endpoint = acceptor->local_endpoint();
    });
    near->call([&] {
      tcp::socket socket(near->io());
      socket.connect(endpoint);
      if (kind == Kind::tls)
        stream = std::make_unique<TlsStream>(std::move(socket), context.get());
      else
        stream = std::make_unique<SocketStream>(StreamSocket(std::move(socket)));
      asio::co_spawn(near->io(), wait_for_end(), [](std::exception_ptr error) { EXPECT_FALSE(error); });
    });
    far->call([&] { accepted.emplace(acceptor->accept()); });
  }

  void TearDown() override {
    if (near) near->call([&] { stream.reset(); });
    if (far) {
      far->call([&] {
        accepted.reset();
        acceptor.reset();
      });
    }
    near.reset();
    far.reset();
  }

  awaitable<void> wait_for_end() {
    const auto error = co_await stream->readable();
    ended.set_value({error, Clock::now()});
  }

  /// Everything the far host sends is swallowed.
  void cut() { far_network->ip("route add blackhole 192.0.2.1/32"); }

  void check() {
    near->call([&] { stream->check_path(); });
    checked = Clock::now();
  }

  /// Sends something, past TLS.
  void send() {
    near->call([&] {
      const int descriptor = kind == Kind::tls ? SSL_get_fd(static_cast<TlsStream&>(*stream).ssl()) : -1;
      const std::array<std::byte, 1> octet{};
      if (descriptor < 0)
        EXPECT_TRUE(stream->write_now(octet));
      else
        EXPECT_EQ(::send(descriptor, octet.data(), 1, MSG_NOSIGNAL), 1);
    });
  }

  void expect_end_within_seconds() {
    auto result = ended.get_future();
    ASSERT_EQ(result.wait_for(kWithinSeconds), std::future_status::ready);
    const auto [error, when] = result.get();
    EXPECT_TRUE(error);
    EXPECT_GE(when - checked, 4s) << "and some lost probes are no proof";
  }

  const Kind kind;
  SslContextPtr context{SSL_CTX_new(TLS_server_method())};
  std::optional<test::NetworkNamespace> near_network;
  std::optional<test::NetworkNamespace> far_network;
  std::optional<test::Host> near;
  std::optional<test::Host> far;
  std::optional<tcp::acceptor> acceptor;
  std::optional<tcp::socket> accepted;
  std::unique_ptr<ByteStream> stream;
  std::promise<std::pair<std::error_code, Clock::time_point>> ended;
  Clock::time_point checked;
};

class DeadPathOfKind : public DeadPath, public testing::WithParamInterface<Kind> {
 protected:
  DeadPathOfKind() : DeadPath(GetParam()) {}
};

TEST_P(DeadPathOfKind, EndsAnIdleStreamWithinSecondsOfTheCheck) {
  cut();
  check();
  expect_end_within_seconds();
}

TEST_F(DeadPath, EndsAStreamThatWasIdleForLongNoSooner) {
  std::this_thread::sleep_for(6s);  // longer than the time after which silence is death
  cut();
  check();
  expect_end_within_seconds();
}

TEST_F(DeadPath, EndsAStreamWithDataUnderWayWithinSecondsOfTheCheck) {
  cut();
  send();
  check();
  expect_end_within_seconds();
}

TEST_F(DeadPath, EndsAStreamThatIsWrittenToAfterTheCheck) {
  cut();
  check();
  send();
  expect_end_within_seconds();
}

TEST_F(DeadPath, EndsAStreamWhosePathDiesSoonAfterTheCheck) {
  check();
  std::this_thread::sleep_for(2s);
  cut();
  expect_end_within_seconds();
}

TEST_P(DeadPathOfKind, EndsAStreamWhoseAddressIsGoneAtOnce) {
  near_network->ip("addr del 192.0.2.1/24 dev veth0");
  check();
  auto result = ended.get_future();
  ASSERT_EQ(result.wait_for(2s), std::future_status::ready);
  EXPECT_TRUE(result.get().first);
}

TEST_F(DeadPath, IsNotFoundWhereThePathLives) {
  check();
  EXPECT_EQ(ended.get_future().wait_for(kWithinSeconds), std::future_status::timeout);
}

class DeliveryOnADeadPath : public DeadPath {
 protected:
  DeliveryOnADeadPath() : DeadPath(Kind::tls) {}

  void TearDown() override {
    if (near) near->call([&] { watch.reset(); });
    DeadPath::TearDown();
  }

  std::optional<DeliveryWatch> watch;
};

TEST_F(DeliveryOnADeadPath, EndsByItself) {
  cut();
  checked = Clock::now();
  near->call([&] {
    const auto end = [this] { stream->abort(); };
    watch.emplace(near->io().get_executor(), SSL_get_fd(static_cast<TlsStream&>(*stream).ssl()), end, 5s);
    watch->sent();
  });
  send();
  expect_end_within_seconds();
}

INSTANTIATE_TEST_SUITE_P(Streams, DeadPathOfKind, testing::Values(Kind::tcp, Kind::tls),
                         [](const auto& info) { return info.param == Kind::tls ? "Tls" : "Tcp"; });

}  // namespace
}  // namespace hardline
