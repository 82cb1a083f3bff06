#include "hardline/base/key_hash.hpp"

#include <gtest/gtest.h>

namespace hardline {
namespace {

TEST(KeyHash, RefusesWhatIsNotFortyHexDigits) {
  EXPECT_FALSE(KeyHash::parse(""));
  EXPECT_FALSE(KeyHash::parse("03b131fef9459a4a73da0c27e5b9e96362859de"));
  EXPECT_FALSE(KeyHash::parse("03b131fef9459a4a73da0c27e5b9e96362859de67"));
  EXPECT_FALSE(KeyHash::parse("03b131fef9459a4a73da0c27e5b9e96362859deg"));
}

TEST(KeyHash, ReadsEitherCaseAndWritesLowerCase) {
  const auto key = KeyHash::parse("03B131FEF9459A4A73DA0C27E5B9E96362859DE6");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->hex(), "03b131fef9459a4a73da0c27e5b9e96362859de6");
  EXPECT_EQ(key->brief(), "03b131fe");
}

}  // namespace
}  // namespace hardline
