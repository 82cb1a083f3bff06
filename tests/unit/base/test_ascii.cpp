#include "hardline/base/ascii.hpp"

#include <gtest/gtest.h>

namespace hardline {
namespace {

TEST(ToLower, LowersAsciiAlone) {
  EXPECT_EQ(to_lower("useDHT ÄZ@["), "usedht Äz@[");
}

}  // namespace
}  // namespace hardline
