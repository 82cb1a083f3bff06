#include "hardline/net/resolver.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hardline/base/errc.hpp"
#include "support/test_io.hpp"

namespace hardline {
namespace {

using namespace std::chrono_literals;
using asio::ip::make_address;
using testing::ElementsAre;

/// Longer than a label may be (RFC 1035 section 2.3.4): no name server is asked.
const HostPort kNobody{std::string(64, 'a') + ".invalid", 80};
/// An old spelling of 127.0.0.1 that only getaddrinfo(3) understands, without asking anybody.
const HostPort kOldSpelling{"127.1", 80};

class ResolverTest : public testing::Test {
 protected:
  Result<std::vector<tcp::endpoint>> resolve(const HostPort& where, std::chrono::steady_clock::duration limit = 20s,
                                             Stop* stop = nullptr) {
    return io.await(resolver.resolve(where, limit, stop));
  }

  support::TestIo io;
  Resolver resolver;
};

TEST_F(ResolverTest, TakesAnAddressForItself) {
  EXPECT_THAT(resolve({"192.0.2.1", 80}).value(), ElementsAre(tcp::endpoint(make_address("192.0.2.1"), 80)));
  EXPECT_THAT(resolve({"2001:db8::1", 7008}).value(), ElementsAre(tcp::endpoint(make_address("2001:db8::1"), 7008)));
}

TEST_F(ResolverTest, KnowsLocalhostWithoutAskingAnybody) {
  EXPECT_THAT(resolve({"localhost", 80}, 0s).value(),
              ElementsAre(tcp::endpoint(make_address("127.0.0.1"), 80), tcp::endpoint(make_address("::1"), 80)));
}

TEST_F(ResolverTest, AsksTheSystemForEachAddressOnce) {
  EXPECT_THAT(resolve(kOldSpelling).value(), ElementsAre(tcp::endpoint(make_address("127.0.0.1"), 80)));
}

TEST_F(ResolverTest, SaysWhatHasNoAddress) {
  const auto found = resolve(kNobody);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error(), std::error_code(AsioError(asio::error::host_not_found)));
}

TEST_F(ResolverTest, GivesUpAtItsLimit) {
  const auto found = resolve(kOldSpelling, 0s);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error(), Errc::timed_out);
}

TEST_F(ResolverTest, GivesUpWhenItIsStopped) {
  Stop stop(io.executor());
  stop.request();
  const auto found = resolve(kOldSpelling, 20s, &stop);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error(), Errc::cancelled);
}

TEST_F(ResolverTest, ResolvesSeveralNamesAtATime) {
  std::vector<support::Running<Result<std::vector<tcp::endpoint>>>> running;
  for (int i = 0; i < 10; ++i) running.push_back(io.start(resolver.resolve(kOldSpelling, 20s)));
  for (auto& each : running) EXPECT_TRUE(each.get().has_value());
}

TEST(Resolver, MayGoWhileANameIsLookedUp) {
  support::TestIo io;
  auto resolver = std::make_unique<Resolver>();
  auto running = io.start(resolver->resolve(kOldSpelling, 100ms));
  io.context().poll();
  resolver.reset();
  const auto found = running.get();  // found, or given up at the limit
  if (!found) {
    EXPECT_EQ(found.error(), Errc::timed_out);
  }
}

}  // namespace
}  // namespace hardline
