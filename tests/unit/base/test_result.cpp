#include "hardline/base/result.hpp"

#include <gtest/gtest.h>

#include "hardline/base/errc.hpp"

namespace hardline {
namespace {

Result<int> half_of(int even) {
  if (even % 2 != 0) return fail(Errc::malformed);
  return even / 2;
}

TEST(Result, HoldsAValueOrAnErrorOfOurs) {
  EXPECT_EQ(half_of(8), 4);
  ASSERT_FALSE(half_of(7));
  EXPECT_EQ(half_of(7).error(), Errc::malformed);
}

}  // namespace
}  // namespace hardline
