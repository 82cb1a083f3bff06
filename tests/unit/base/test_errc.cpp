#include "hardline/base/errc.hpp"

#include <gtest/gtest.h>

#include <set>

namespace hardline {
namespace {

TEST(Errc, MakesAnErrorCodeThatComparesWithIt) {
  const std::error_code error = Errc::timed_out;
  EXPECT_TRUE(error);
  EXPECT_EQ(error, Errc::timed_out);
  EXPECT_NE(error, Errc::peer_closed);
  EXPECT_NE(error, std::make_error_code(std::errc::timed_out));
  EXPECT_STREQ(error.category().name(), "hardline");
}

TEST(Errc, HasAMessageOfItsOwnForEachError) {
  std::set<std::string> messages;
  for (int value = 1; value <= static_cast<int>(Errc::truncated); ++value)
    messages.insert(hardline_category().message(value));
  EXPECT_EQ(messages.size(), static_cast<std::size_t>(Errc::truncated));
  EXPECT_FALSE(messages.contains(hardline_category().message(999)));
}

}  // namespace
}  // namespace hardline
