#include "hardline/base/percent.hpp"

#include <gtest/gtest.h>

namespace hardline {
namespace {

TEST(PercentEncoding, LeavesUnreservedCharactersAlone) {
  EXPECT_EQ(percent_encode("azAZ09-._~"), "azAZ09-._~");
  EXPECT_EQ(percent_encode("a b/c?%\xff"), "a%20b%2Fc%3F%25%FF");
}

TEST(PercentEncoding, IsUndone) {
  EXPECT_EQ(percent_decode("a%20b%2fc%2F+"), "a b/c/+");
  EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
  EXPECT_EQ(percent_decode(""), "");
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
}

TEST(PercentEncoding, IsNotUndoneWhereItIsBroken) {
  for (const auto* broken : {"%", "%2", "a%2", "%2g", "%g2", "%%20", "% 20"})
    EXPECT_EQ(percent_decode(broken), std::nullopt) << broken;
}

TEST(PercentEncoding, SaysWhichOctetsStoodEncoded) {
  std::string_view rest = "%41B";
  const auto first = take_octet(rest);
  const auto second = take_octet(rest);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->value, 'A');
  EXPECT_TRUE(first->encoded);
  EXPECT_EQ(second->value, 'B');
  EXPECT_FALSE(second->encoded);
  EXPECT_TRUE(rest.empty());
}

}  // namespace
}  // namespace hardline
