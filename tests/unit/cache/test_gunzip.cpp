#include "cache/gunzip.hpp"

#include <gtest/gtest.h>

#include "support/streams.hpp"

namespace hardline::cache {
namespace {

std::string packed(const std::string& content) {
  z_stream stream{};
  EXPECT_EQ(::deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(::deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

/// What comes out of `compressed`, fed `step` octets at a time and taken `most` at a time; nullopt where it is no gzip.
std::optional<std::string> unpacked(Gunzip& gunzip, std::string_view compressed, std::size_t step, std::size_t most) {
  std::string all, piece;
  for (std::size_t at = 0; at < compressed.size(); at += step) {
    gunzip.feed(compressed.substr(at, step));
    do {
      if (!gunzip.next(piece, most)) return std::nullopt;
      EXPECT_LE(piece.size(), most);
      all += piece;
    } while (!piece.empty());
  }
  return all;
}

TEST(Gunzip, UnpacksWhateverThePieces) {
  const auto content = support::noise(100'000, 1) + std::string(1'000'000, 'x');
  const auto compressed = packed(content);
  for (const auto& [step, most] : {std::pair{compressed.size(), content.size()}, {1000, 32768}, {1, 4096}}) {
    Gunzip gunzip;
    EXPECT_EQ(unpacked(gunzip, compressed, step, most), content) << step << ' ' << most;
    EXPECT_TRUE(gunzip.at_end());
  }
}

TEST(Gunzip, UnpacksFilesBehindOneAnother) {
  Gunzip gunzip;
  EXPECT_EQ(unpacked(gunzip, packed("one ") + packed("two"), 7, 2), "one two");
  EXPECT_TRUE(gunzip.at_end());
}

TEST(Gunzip, KnowsThatTheEndIsMissing) {
  const auto compressed = packed("content");
  Gunzip gunzip;
  EXPECT_EQ(unpacked(gunzip, std::string_view(compressed).substr(0, compressed.size() - 1), 100, 100), "content");
  EXPECT_FALSE(gunzip.at_end());
}

TEST(Gunzip, RefusesWhatIsNoGzip) {
  Gunzip plain;
  EXPECT_EQ(unpacked(plain, "plain text, and nothing else", 100, 100), std::nullopt);
  auto damaged = packed("content");
  damaged[damaged.size() - 6] ^= 1;  // in its checksum
  Gunzip gunzip;
  EXPECT_EQ(unpacked(gunzip, damaged, 100, 100), std::nullopt);
}

TEST(Gunzip, TakesAnEmptyFile) {
  Gunzip gunzip;
  EXPECT_EQ(unpacked(gunzip, packed(""), 3, 100), "");
  EXPECT_TRUE(gunzip.at_end());
}

}  // namespace
}  // namespace hardline::cache
