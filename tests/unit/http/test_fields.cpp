#include "hardline/http/fields.hpp"

#include <gtest/gtest.h>

namespace hardline::http {
namespace {

TEST(HeaderFields, AreFoundInAnyCase) {
  const HeaderFields fields{{"Vary", "a"}, {"ETag", "\"1\""}, {"vary", "b"}};
  EXPECT_EQ(find_field(fields, "etag"), "\"1\"");
  EXPECT_EQ(find_field(fields, "VARY"), "a");
  EXPECT_FALSE(find_field(fields, "Var"));
  EXPECT_FALSE(find_field({}, "Vary"));
}

TEST(HeaderFields, AreJoinedInTheirOrder) {
  const HeaderFields fields{{"Vary", "a"}, {"ETag", "\"1\""}, {"vary", ""}, {"VARY", "b, c"}};
  EXPECT_EQ(join_fields(fields, "Vary"), "a, b, c");
  EXPECT_EQ(join_fields({{"Vary", ""}}, "Vary"), "");
  EXPECT_FALSE(join_fields(fields, "Date"));
}

}  // namespace
}  // namespace hardline::http
