#include "hardline/net/socket_stream.hpp"

#include <gtest/gtest.h>

#include "support/streams.hpp"

namespace hardline {
namespace {

using support::noise;
using support::reading;
using support::reading_to_end;
using support::writing;
using support::writing_and_ending;

class SocketStreamTest : public testing::Test {
 protected:
  support::TestIo io;
  std::pair<support::SocketStreamPtr, support::SocketStreamPtr> pair = support::socket_streams(io);
  SocketStream& near = *pair.first;
  SocketStream& far = *pair.second;
};

TEST_F(SocketStreamTest, AWriterWaitsForAReader) {
  const auto text = noise(support::kMoreThanBuffersHold, 1);
  auto wrote = io.start(writing(near, text));
  io.settle();
  EXPECT_FALSE(wrote.done());
  EXPECT_TRUE(io.await(reading(far, text.size())) == text);
  EXPECT_FALSE(wrote.get());
}

TEST_F(SocketStreamTest, AHalfCloseLeavesTheOtherDirectionOpen) {
  io.await(writing_and_ending(near, "question"));
  EXPECT_EQ(io.await(reading_to_end(far)).text, "question");
  io.await(writing_and_ending(far, "answer"));
  const auto answer = io.await(reading_to_end(near));
  EXPECT_EQ(answer.text, "answer");
  EXPECT_FALSE(answer.error);
}

TEST_F(SocketStreamTest, CloseIsAProperEnd) {
  near.close();
  EXPECT_FALSE(io.await(reading_to_end(far)).error);
  EXPECT_FALSE(near.is_open());
}

TEST_F(SocketStreamTest, AbortIsAReset) {
  near.abort();
  EXPECT_EQ(io.await(reading_to_end(far)).error, std::errc::connection_reset);
}

TEST_F(SocketStreamTest, AResetThatTheWriterWasToldOfIsNoProperEndForTheReader) {
  ASSERT_FALSE(io.await(writing(far, "half an ans")));
  ASSERT_EQ(io.await(reading(near, 11)), "half an ans");
  far.abort();
  std::array<std::byte, 1> octet{};
  ASSERT_EQ(near.write_now(octet).error(), std::errc::connection_reset);
  const auto got = near.read_now(octet);
  ASSERT_FALSE(got) << "an end";
  EXPECT_EQ(got.error(), std::errc::connection_reset);
}

TEST_F(SocketStreamTest, InterruptEndsWaitingAndNothingElse) {
  auto waited = io.start(near.readable());
  io.settle();
  near.interrupt();
  EXPECT_EQ(waited.get(), std::errc::operation_canceled);
  ASSERT_FALSE(io.await(writing(far, "hello")));
  EXPECT_EQ(io.await(reading(near, 5)), "hello");
}

TEST_F(SocketStreamTest, ClosedItEndsWaitingAndRefusesEverything) {
  auto waited = io.start(near.readable());
  io.settle();
  near.close();
  EXPECT_TRUE(waited.get());
  std::array<std::byte, 1> octet{};
  EXPECT_NE(near.read_now(octet).error(), would_block());
  EXPECT_NE(near.write_now(octet).error(), would_block());
  near.abort();
}

}  // namespace
}  // namespace hardline
