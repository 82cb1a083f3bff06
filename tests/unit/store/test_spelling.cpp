#include "hardline/store/spelling.hpp"

#include <gtest/gtest.h>

#include <array>

namespace hardline::store {
namespace {

constexpr std::array<std::string_view, 4> kWords{"title", "port", "useDHT", "maxAge"};

TEST(Spelling, FindsTheWordOneOrTwoSlipsAway) {
  EXPECT_EQ(closest("titel", kWords), "title");
  EXPECT_EQ(closest("prt", kWords), "port");
  EXPECT_EQ(closest("ports", kWords), "port");
  EXPECT_EQ(closest("MAXAGE", kWords), "maxAge");
  EXPECT_EQ(closest("use_dht", kWords), "useDHT");
}

TEST(Spelling, DoesNotGuessWildly) {
  EXPECT_EQ(closest("certfile", kWords), "");
  EXPECT_EQ(closest("pa", kWords), "");
  EXPECT_EQ(closest("p", kWords), "");
  EXPECT_EQ(closest("", kWords), "");
  EXPECT_EQ(closest("title", {}), "");
}

}  // namespace
}  // namespace hardline::store
