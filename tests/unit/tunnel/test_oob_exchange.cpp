#include "tunnel/oob_exchange.hpp"

#include <gtest/gtest.h>

#include "hardline/base/errc.hpp"
#include "support/streams.hpp"

namespace hardline::tunnel {
namespace {

using support::writing;
using support::writing_and_ending;

class OobExchange : public testing::Test {
 protected:
  Result<ReceivedOob> receive(std::string text) {
    auto sent = io.start(writing_and_ending(near, std::move(text)));
    return io.await(receive_oob(far));
  }

  support::TestIo io;
  std::pair<support::SocketStreamPtr, support::SocketStreamPtr> pair = support::socket_streams(io);
  ByteStream& near = *pair.first;
  ByteStream& far = *pair.second;
};

/// A line of `length` octets, its line feed included.
std::string line_of(std::size_t length) {
  const std::string head = R"({"x":")";
  const std::string tail = "\"}\n";
  return head + std::string(length - head.size() - tail.size(), 'x') + tail;
}

TEST_F(OobExchange, BringsALineOver) {
  wire::OobLine line;
  line.password = "secret";
  ASSERT_FALSE(io.await(send_oob(near, line)));
  const auto received = io.await(receive_oob(far));
  ASSERT_TRUE(received);
  EXPECT_EQ(received->line.password, "secret");
  EXPECT_EQ(received->rest, "");
}

TEST_F(OobExchange, KeepsWhatComesBehindTheLine) {
  const auto received = receive("{}\nGET / HTTP/1.1\n\n");
  ASSERT_TRUE(received);
  EXPECT_EQ(received->rest, "GET / HTTP/1.1\n\n");
}

TEST_F(OobExchange, TakesALineThatComesInPieces) {
  auto received = io.start(receive_oob(far));
  for (const auto* piece : {"{\"pass", "word\":\"a", "bc\"}", "\nrest"}) {
    ASSERT_FALSE(io.await(writing(near, piece)));
    io.settle();
  }
  const auto oob = received.get();
  ASSERT_TRUE(oob);
  EXPECT_EQ(oob->line.password, "abc");
  EXPECT_EQ(oob->rest, "rest");
}

TEST_F(OobExchange, TakesTheLongestLine) {
  EXPECT_TRUE(receive(line_of(wire::kMaxOobLine) + "rest"));
}

TEST_F(OobExchange, RefusesALineOneOctetLonger) {
  EXPECT_EQ(receive(line_of(wire::kMaxOobLine + 1)).error(), Errc::too_large);
}

TEST_F(OobExchange, StopsReadingALineWithoutEnd) {
  auto sent = io.start(writing(near, std::string(wire::kMaxOobLine, '{')));
  EXPECT_EQ(io.await(receive_oob(far)).error(), Errc::too_large);
}

TEST_F(OobExchange, RefusesWhatIsNoOobLine) {
  EXPECT_EQ(receive("HTTP/1.1 200 OK\n").error(), Errc::malformed);
}

TEST_F(OobExchange, RefusesAnEndBeforeTheLineIsWhole) {
  EXPECT_EQ(receive("{}").error(), Errc::peer_closed);
}

TEST_F(OobExchange, PassesACutOn) {
  near.abort();
  EXPECT_EQ(io.await(receive_oob(far)).error(), std::errc::connection_reset);
}

}  // namespace
}  // namespace hardline::tunnel
