#include "hardline/http/chunks.hpp"

#include <gmock/gmock.h>

#include <string>

#include "hardline/http/content_meter.hpp"

namespace hardline::http {
namespace {

struct Read {
  std::string content;
  bool done = false;
  bool broken = false;
  std::string rest;
  friend bool operator==(const Read&, const Read&) = default;
};

/// What is read of `framed` when it comes in pieces of `size` octets.
Read read(std::string_view framed, std::size_t size) {
  ChunkReader reader;
  Read read;
  while (!framed.empty() && !reader.is_done() && !reader.is_broken()) {
    auto piece = framed.substr(0, size);
    framed.remove_prefix(piece.size());
    for (auto content = reader.next(piece); !content.empty(); content = reader.next(piece)) read.content += content;
    read.rest = piece;
  }
  read.rest += framed;
  read.done = reader.is_done();
  read.broken = reader.is_broken();
  return read;
}

/// The same, however it comes.
Read read(std::string_view framed) {
  const auto whole = read(framed, framed.size());
  for (std::size_t size = 1; size < framed.size(); ++size) EXPECT_EQ(read(framed, size), whole) << size;
  return whole;
}

TEST(ChunkReader, TakesTheContentOutOfItsChunks) {
  EXPECT_EQ(read("5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n"), (Read{"hello, world", true, false, ""}));
}

TEST(ChunkReader, TakesContentForContentWhateverIsInIt) {
  EXPECT_EQ(read("7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n").content, "0\r\n\r\n\r\n");
}

TEST(ChunkReader, IsNotDoneBeforeTheLastChunk) {
  for (const auto* framed :
       {"5\r\nhello", "5\r\nhello\r\n", "5\r\nhello\r\n0", "5\r\nhello\r\n0\r\n", "5\r\nhello\r\n0\r\n\r"})
    EXPECT_EQ(read(framed), (Read{"hello", false, false, ""})) << framed;
}

TEST(ChunkReader, LeavesWhatFollowsTheEnd) {
  EXPECT_EQ(read("0\r\n\r\nmore"), (Read{"", true, false, "more"}));
}

TEST(ChunkReader, TakesSizesInEitherCase) {
  EXPECT_EQ(read("0b\r\nhello world\r\n0B\r\nhello world\r\n0\r\n\r\n").content, "hello worldhello world");
}

TEST(ChunkReader, PassesOverExtensionsAndTrailers) {
  EXPECT_EQ(read("5;a=b;c=\"d\"\r\nhello\r\n0 ;e\r\nOne: 1\r\nTwo: 2\r\n\r\n"), (Read{"hello", true, false, ""}));
}

TEST(ChunkReader, IsBrokenByWhatIsNoChunk) {
  for (const auto* framed :
       {"HTTP/1.1 200 OK\r\n", "\r\n", "-1\r\n", "5\nhello\n", "5\r\nhello0\r\n", "5\r\nhelloX\r\n", "5x\r\nhello\r\n",
        "0\r\n\n", "5;a\n", "5 5\r\n", "5;a\x01\r\n", "0\r\nGET / HTTP/1.1\r\n", "0\r\n: x\r\n", "0\r\n a: x\r\n"})
    EXPECT_TRUE(read(framed).broken) << framed;
}

TEST(ChunkReader, IsBrokenByASizeThatIsNoNumberAnyMore) {
  EXPECT_FALSE(read("ffffffffffffffff\r\n").broken);
  EXPECT_TRUE(read("10000000000000000\r\n").broken);
}

TEST(ChunkReader, PassesOverOnlySoMuch) {
  const std::string long_text(ChunkReader::kMaxPassedOver + 1, 'x');
  EXPECT_TRUE(read("5;" + long_text, 4096).broken);
  EXPECT_TRUE(read("0\r\n" + long_text, 4096).broken);
}

TEST(ChunkWriter, WritesWhatTheReaderReads) {
  EXPECT_EQ(write_chunk("hello"), "5\r\nhello\r\n");
  EXPECT_EQ(chunk_start(255, 8), "000000ff\r\n");
  const std::string content(70'000, 'x');
  EXPECT_EQ(read(write_chunk(content) + write_chunk("y") + std::string(kLastChunk), 4096).content, content + "y");
}

ContentMeter chunk_meter() {
  ForwardedHead head;
  head.content = ForwardedHead::Content::chunked;
  return ContentMeter(head);
}

TEST(ContentMeter, EndsWhereItsContentDoes) {
  ForwardedHead head;
  EXPECT_TRUE(ContentMeter(head).is_over());
  head.content = ForwardedHead::Content::length;
  head.length = 5;
  ContentMeter counted(head);
  EXPECT_EQ(counted.take("hel"), 3u);
  EXPECT_FALSE(counted.is_over());
  EXPECT_EQ(counted.take("lo, world"), 2u);
  EXPECT_TRUE(counted.is_over());
  auto chunked = chunk_meter();
  EXPECT_EQ(chunked.take("5\r\nhel"), 6u);
  EXPECT_EQ(chunked.take("lo\r\n0\r\nA: b\r\n\r\nGET"), 15u);
  EXPECT_TRUE(chunked.is_over());
}

TEST(ContentMeter, TellsWhatAreNoChunks) {
  auto meter = chunk_meter();
  EXPECT_EQ(meter.take("x\r\n"), tl::unexpected(make_error_code(Errc::malformed)));
  meter = chunk_meter();
  const auto endless = "5;" + std::string(ChunkReader::kMaxPassedOver, 'x');
  EXPECT_EQ(meter.take(endless), tl::unexpected(make_error_code(Errc::too_large)));
}

}  // namespace
}  // namespace hardline::http
