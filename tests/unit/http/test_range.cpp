#include "hardline/http/range.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace hardline::http {
namespace {

using Kind = RangeRequest::Kind;

constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kSize = 1000;

RangeRequest parts(std::vector<ByteRange> ranges) {
  return {Kind::parts, std::move(ranges)};
}

TEST(ParseRange, ReadsAPart) {
  EXPECT_EQ(parse_range("bytes=0-0", kSize), parts({{0, 1}}));
  EXPECT_EQ(parse_range("bytes=100-199", kSize), parts({{100, 100}}));
  EXPECT_EQ(parse_range("bytes=999-999", kSize), parts({{999, 1}}));
}

TEST(ParseRange, ReadsAnOpenEnd) {
  EXPECT_EQ(parse_range("bytes=0-", kSize), parts({{0, kSize}}));
  EXPECT_EQ(parse_range("bytes=990-", kSize), parts({{990, 10}}));
}

TEST(ParseRange, ReadsTheLastOctets) {
  EXPECT_EQ(parse_range("bytes=-10", kSize), parts({{990, 10}}));
  EXPECT_EQ(parse_range("bytes=-2000", kSize), parts({{0, kSize}}));
}

TEST(ParseRange, EndsWhereTheFileEnds) {
  EXPECT_EQ(parse_range("bytes=990-5000", kSize), parts({{990, 10}}));
  EXPECT_EQ(parse_range("bytes=5-18446744073709551615", kSize), parts({{5, 995}}));
}

TEST(ParseRange, ReadsSeveralPartsInTheirOrder) {
  EXPECT_EQ(parse_range("bytes=500-599,0-9,-1", kSize), parts({{500, 100}, {0, 10}, {999, 1}}));
  EXPECT_EQ(parse_range("bytes=0-9, 5-14", kSize), parts({{0, 10}, {5, 10}}));
}

TEST(ParseRange, LeavesOutPartsBeyondTheEnd) {
  EXPECT_EQ(parse_range("bytes=0-9,1000-,5000-6000", kSize), parts({{0, 10}}));
}

TEST(ParseRange, TakesTheUnitInAnyCaseAndSpacesAroundCommas) {
  EXPECT_EQ(parse_range(" Bytes=0-9\t, ,20-29 , ", kSize), parts({{0, 10}, {20, 10}}));
}

TEST(ParseRange, SaysWhenNothingLiesInTheFile) {
  for (const char* value : {"bytes=1000-", "bytes=1000-2000", "bytes=-0", "bytes=2000-,3000-",
                            "bytes=18446744073709551615-", "bytes=99999999999999999999999-"})
    EXPECT_EQ(parse_range(value, kSize), (RangeRequest{Kind::unsatisfiable, {}})) << value;
}

TEST(ParseRange, HasNoPartsOfAnEmptyFile) {
  EXPECT_EQ(parse_range("bytes=0-", 0).kind, Kind::unsatisfiable);
  EXPECT_EQ(parse_range("bytes=0-0", 0).kind, Kind::unsatisfiable);
  EXPECT_EQ(parse_range("bytes=-0", 0).kind, Kind::unsatisfiable);
  EXPECT_EQ(parse_range("bytes=-5", 0).kind, Kind::whole);
}

TEST(ParseRange, PassesOverWhatBreaksTheGrammar) {
  for (const char* value : {"", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=a-", "bytes=0-a", "bytes=5-4",
                            "bytes=0 - 9", "bytes 0-9", "bytes =0-9", "items=0-9", "bytes=0-9-", "bytes=--1",
                            "bytes=+1-2", "bytes=0-9;10-19", "bytes=0x1-2", "bytes=0-9,x", "bytes=1"})
    EXPECT_EQ(parse_range(value, kSize), RangeRequest{}) << value;
}

TEST(ParseRange, NeverSendsMoreThanTheFile) {
  EXPECT_EQ(parse_range("bytes=0-499,500-999", kSize), parts({{0, 500}, {500, 500}}));
  EXPECT_EQ(parse_range("bytes=0-499,499-999", kSize).kind, Kind::whole);
  EXPECT_EQ(parse_range("bytes=0-,0-", kSize).kind, Kind::whole);
}

TEST(ParseRange, BoundsTheNumberOfParts) {
  std::string value = "bytes=0-0";
  for (std::size_t i = 1; i < kMaxRanges; ++i) value += ",1-1";
  EXPECT_EQ(parse_range(value, kSize).parts.size(), kMaxRanges);
  EXPECT_EQ(parse_range(value + ",2-2", kSize).kind, Kind::whole);
}

TEST(ParseRange, DoesNotOverflow) {
  EXPECT_EQ(parse_range("bytes=0-18446744073709551615", kMost), parts({{0, kMost}}));
  EXPECT_EQ(parse_range("bytes=0-,0-", kMost).kind, Kind::whole);
  EXPECT_EQ(parse_range("bytes=-18446744073709551616", kMost), parts({{0, kMost}}));
  EXPECT_EQ(parse_range("bytes=18446744073709551614-", kMost), parts({{kMost - 1, 1}}));
}

}  // namespace
}  // namespace hardline::http
