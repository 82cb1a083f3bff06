#include "hardline/web/chunked_stream.hpp"

#include <gtest/gtest.h>

#include "hardline/net/relay.hpp"
#include "support/http_server.hpp"
#include "support/streams.hpp"

namespace hardline::web {
namespace {

using support::chunk;
using support::noise;
using support::reading;
using support::reading_to_end;
using support::writing;

class ChunkedStreamTest : public testing::Test {
 protected:
  ChunkedStreamTest() {
    auto streams = support::socket_streams(io);
    asker = std::move(streams.first);
    below = std::move(streams.second);
  }

  /// The octets in the chunks of `text`; `ended` tells whether the last chunk is there, and nothing behind it.
  static std::string unchunked(std::string_view text, bool& ended) {
    std::string octets;
    ended = false;
    while (!text.empty() && !ended) {
      const auto size = std::stoul(std::string(text.substr(0, text.find('\r'))), nullptr, 16);
      text.remove_prefix(text.find('\n') + 1);
      octets += text.substr(0, size);
      if (text.size() < size + 2) return octets;
      EXPECT_EQ(text.substr(size, 2), "\r\n");
      text.remove_prefix(size + 2);
      ended = size == 0 && text.empty();
    }
    return octets;
  }

  support::TestIo io;
  support::SocketStreamPtr asker, below;
};

TEST_F(ChunkedStreamTest, WritesEachPieceWholeAtOnce) {
  ChunkedStream stream(*below, "");
  EXPECT_FALSE(io.await(writing(stream, "hello")));
  EXPECT_EQ(io.await(reading(*asker, 10)), chunk("hello"));
  EXPECT_FALSE(io.await(writing(stream, noise(300, 1))));
  EXPECT_EQ(io.await(reading(*asker, 307)), chunk(noise(300, 1)));
}

TEST_F(ChunkedStreamTest, EndsWithTheLastChunk) {
  ChunkedStream stream(*below, "");
  io.await(writing(stream, "a"));
  io.await(stream.end_writing());
  EXPECT_EQ(io.await(reading_to_end(*asker)).text, chunk("a") + support::kLastChunk);
}

TEST_F(ChunkedStreamTest, EndsWithTheLastChunkAlone) {
  ChunkedStream stream(*below, "");
  io.await(stream.end_writing());
  EXPECT_EQ(io.await(reading_to_end(*asker)).text, support::kLastChunk);
}

TEST_F(ChunkedStreamTest, WritesNoChunkOfNothing) {
  ChunkedStream stream(*below, "");
  EXPECT_EQ(stream.write_now({}), 0u);
  stream.close();
  EXPECT_EQ(io.await(reading_to_end(*asker)).text, "");
}

TEST_F(ChunkedStreamTest, IsCutWithoutTheLastChunk) {
  ChunkedStream stream(*below, "");
  io.await(writing(stream, "a"));
  stream.close();
  EXPECT_EQ(io.await(reading_to_end(*asker)).text, chunk("a"));
}

TEST_F(ChunkedStreamTest, DoesNotEndInTheMidstOfAChunk) {
  ChunkedStream stream(*below, "");
  const auto much = noise(support::kMoreThanBuffersHold, 2);
  ASSERT_TRUE(stream.write_now(as_octets(much)));
  io.await(stream.end_writing());
  bool ended = true;
  unchunked(io.await(reading_to_end(*asker)).text, ended);
  EXPECT_FALSE(ended);
}

TEST_F(ChunkedStreamTest, ReadsWhatCameEarlyFirst) {
  ChunkedStream stream(*below, "early ");
  ASSERT_FALSE(io.await(writing(*asker, "late")));
  EXPECT_EQ(io.await(reading(stream, 3)), "ear");
  EXPECT_EQ(io.await(reading(stream, 7)), "ly late");
}

TEST_F(ChunkedStreamTest, ReadsChunksAsTheyAre) {
  ChunkedStream stream(*below, "");
  ASSERT_FALSE(io.await(writing(*asker, "1\r\nx\r\n0\r\n\r\n")));
  io.await(asker->end_writing());
  EXPECT_EQ(io.await(reading_to_end(stream)).text, "1\r\nx\r\n0\r\n\r\n");
}

TEST_F(ChunkedStreamTest, ReadsAnEndWhereOnlyThatDirectionEnded) {
  auto [program, daemon] = support::unix_streams(io);
  ChunkedStream stream(*daemon, "early");
  io.await(program->end_writing());
  const auto came = io.await(reading_to_end(stream));
  EXPECT_EQ(came.text, "early");
  EXPECT_FALSE(came.error);
}

TEST_F(ChunkedStreamTest, ReadsNoEndOfAProgramThatIsGone) {
  auto [program, daemon] = support::unix_streams(io);
  ChunkedStream stream(*daemon, "");
  ASSERT_FALSE(io.await(writing(*program, "half")));
  program->close();
  const auto came = io.await(reading_to_end(stream));
  EXPECT_EQ(came.text, "half");
  EXPECT_TRUE(came.error);
}

TEST_F(ChunkedStreamTest, ReadsTheEndOfAProgramThatWentAfterOurs) {
  auto [program, daemon] = support::unix_streams(io);
  ChunkedStream stream(*daemon, "");
  io.await(stream.end_writing());
  EXPECT_EQ(io.await(reading_to_end(*program)).text, support::kLastChunk);
  ASSERT_FALSE(io.await(writing(*program, "rest")));
  program->close();
  const auto came = io.await(reading_to_end(stream));
  EXPECT_EQ(came.text, "rest");
  EXPECT_FALSE(came.error);
}

TEST_F(ChunkedStreamTest, CarriesMuchThroughASlowReader) {
  auto [far, service] = support::socket_streams(io);
  ChunkedStream near(*below, "");
  BufferPool buffers;
  RelayOutcome outcome;
  auto relaying = io.start(relay(near, *far, buffers, {}, outcome));
  const auto much = noise(support::kMoreThanBuffersHold, 3);
  auto sending = io.start(support::writing_and_ending(*service, much));
  io.await(asker->end_writing());
  std::string came;
  for (;;) {
    const auto more = io.await(reading(*asker, 10'000));
    if (more.empty()) break;
    came += more;
  }
  bool ended = false;
  EXPECT_TRUE(unchunked(came, ended) == much);
  EXPECT_TRUE(ended);
  sending.get();
  relaying.get();
}

TEST_F(ChunkedStreamTest, PassesACutOn) {
  auto [far, service] = support::socket_streams(io);
  ChunkedStream near(*below, "");
  BufferPool buffers;
  RelayOutcome outcome;
  auto relaying = io.start(relay(near, *far, buffers, {}, outcome));
  ASSERT_FALSE(io.await(writing(*service, "half")));
  EXPECT_EQ(io.await(reading(*asker, 9)), chunk("half"));
  service->abort();
  EXPECT_EQ(io.await(reading_to_end(*asker)).text, "");
  relaying.get();
}

}  // namespace
}  // namespace hardline::web
