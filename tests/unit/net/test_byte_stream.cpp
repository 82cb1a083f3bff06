#include "hardline/net/byte_stream.hpp"

#include <gtest/gtest.h>

#include "support/tls_peer.hpp"

namespace hardline {
namespace {

using support::noise;
using support::reading_to_end;
using support::writing;

class LingerAndClose : public testing::Test {
 protected:
  support::TestIo io;
};

TEST_F(LingerAndClose, DeliversTheLastWordToAPeerThatIsStillSending) {
  auto [near, far] = support::socket_streams(io);
  auto wrote = io.start(writing(*far, noise(support::kMoreThanBuffersHold, 1)));
  ASSERT_FALSE(io.await(writing(*near, "no more, thank you")));
  auto closed = io.start(linger_and_close(*near));
  EXPECT_FALSE(wrote.get());
  const auto read = io.await(reading_to_end(*far));
  EXPECT_EQ(read.text, "no more, thank you");
  EXPECT_FALSE(read.error);
  far->close();
  closed.get();
}

TEST_F(LingerAndClose, DoesSoOverTlsWhereTheEndWasAnnouncedBefore) {
  const auto pair = support::tls_streams(io);
  auto& near = *pair.server;
  auto& far = *pair.client;
  ASSERT_FALSE(io.await(support::writing_and_ending(near, "no more, thank you")));
  auto wrote = io.start(writing(far, noise(support::kMoreThanBuffersHold, 2)));
  io.settle();
  auto closed = io.start(linger_and_close(near));
  EXPECT_FALSE(wrote.get());
  const auto read = io.await(reading_to_end(far));
  EXPECT_EQ(read.text, "no more, thank you");
  EXPECT_FALSE(read.error);
  far.close();
  closed.get();
}

TEST_F(LingerAndClose, DoesNotWaitForAPeerThatNeverEnds) {
  auto [near, far] = support::socket_streams(io);
  io.await(linger_and_close(*near));
  EXPECT_FALSE(near->is_open());
}

TEST_F(LingerAndClose, DoesNotListenToAPeerThatSendsWithoutEnd) {
  auto [near, far] = support::socket_streams(io);
  auto wrote = io.start(writing(*far, std::string(kMaxLingered + support::kMoreThanBuffersHold, 'x')));
  io.await(linger_and_close(*near));
  EXPECT_TRUE(wrote.get());
}

}  // namespace
}  // namespace hardline
