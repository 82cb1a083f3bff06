#include "hardline/http/conditions.hpp"

#include <gtest/gtest.h>

namespace hardline::http {
namespace {

using namespace std::chrono;

constexpr const char* kBefore = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr const char* kExactly = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* kAfter = "Sun, 06 Nov 1994 08:49:38 GMT";
const auto kModified = sys_days(1994y / November / 6) + 8h + 49min + 37s;

const Validators kStrong{"\"a\"", kModified + 500ms};  // files have fractions of a second
const Validators kWeak{"W/\"a\"", kModified};
const Validators kDateless{"\"a\"", {}};
const Validators kTagless{"", kModified};
const Validators kNothing{};

Condition condition(http::HeaderFields request, const Validators& current) {
  return evaluate_conditions(request, current);
}

TEST(Conditions, ProceedWithoutAny) {
  EXPECT_EQ(condition({}, kStrong), Condition::proceed);
  EXPECT_EQ(condition({{"Accept", "*/*"}}, kNothing), Condition::proceed);
}

TEST(Conditions, AnswerNotModifiedToTheSameTag) {
  EXPECT_EQ(condition({{"If-None-Match", "\"a\""}}, kStrong), Condition::not_modified);
  EXPECT_EQ(condition({{"if-none-match", "\"x\", \"a\""}}, kStrong), Condition::not_modified);
  EXPECT_EQ(condition({{"If-None-Match", "\"b\""}}, kStrong), Condition::proceed);
  EXPECT_EQ(condition({{"If-None-Match", "\"A\""}}, kStrong), Condition::proceed);
  EXPECT_EQ(condition({{"If-None-Match", "\"a\""}}, kTagless), Condition::proceed);
}

TEST(Conditions, CompareWeaklyForIfNoneMatch) {
  EXPECT_EQ(condition({{"If-None-Match", "W/\"a\""}}, kStrong), Condition::not_modified);
  EXPECT_EQ(condition({{"If-None-Match", "\"a\""}}, kWeak), Condition::not_modified);
}

TEST(Conditions, CompareStronglyForIfMatch) {
  EXPECT_EQ(condition({{"If-Match", "\"a\""}}, kStrong), Condition::proceed);
  EXPECT_EQ(condition({{"If-Match", "W/\"a\""}}, kStrong), Condition::precondition_failed);
  EXPECT_EQ(condition({{"If-Match", "\"a\""}}, kWeak), Condition::precondition_failed);
  EXPECT_EQ(condition({{"If-Match", "W/\"a\""}}, kWeak), Condition::precondition_failed);
  EXPECT_EQ(condition({{"If-Match", "\"b\""}}, kStrong), Condition::precondition_failed);
  EXPECT_EQ(condition({{"If-Match", "\"a\""}}, kNothing), Condition::precondition_failed);
}

TEST(Conditions, TakeAStarForWhateverThereIs) {
  EXPECT_EQ(condition({{"If-None-Match", "*"}}, kNothing), Condition::not_modified);
  EXPECT_EQ(condition({{"If-Match", "*"}}, kNothing), Condition::proceed);
}

TEST(Conditions, ReadTagsWithCommasAndOfSeveralFields) {
  const Validators current{"\"a,b\"", {}};
  EXPECT_EQ(condition({{"If-None-Match", "\"x\",, \"a,b\" ,"}}, current), Condition::not_modified);
  EXPECT_EQ(condition({{"If-None-Match", "\"x\""}, {"If-None-Match", "\"a,b\""}}, current), Condition::not_modified);
  EXPECT_EQ(condition({{"If-None-Match", "\"a\", \"b\""}}, current), Condition::proceed);
}

TEST(Conditions, CompareDatesBySeconds) {
  EXPECT_EQ(condition({{"If-Modified-Since", kBefore}}, kStrong), Condition::proceed);
  EXPECT_EQ(condition({{"If-Modified-Since", kExactly}}, kStrong), Condition::not_modified);
  EXPECT_EQ(condition({{"If-Modified-Since", kAfter}}, kStrong), Condition::not_modified);
  EXPECT_EQ(condition({{"If-Unmodified-Since", kBefore}}, kStrong), Condition::precondition_failed);
  EXPECT_EQ(condition({{"If-Unmodified-Since", kExactly}}, kStrong), Condition::proceed);
  EXPECT_EQ(condition({{"If-Unmodified-Since", kAfter}}, kStrong), Condition::proceed);
}

TEST(Conditions, PassOverDatesOfWhatHasNone) {
  EXPECT_EQ(condition({{"If-Modified-Since", kAfter}}, kDateless), Condition::proceed);
  EXPECT_EQ(condition({{"If-Unmodified-Since", kBefore}}, kDateless), Condition::proceed);
}

TEST(Conditions, PreferTagsToDates) {
  EXPECT_EQ(condition({{"If-None-Match", "\"b\""}, {"If-Modified-Since", kAfter}}, kStrong), Condition::proceed);
  EXPECT_EQ(condition({{"If-Match", "\"a\""}, {"If-Unmodified-Since", kBefore}}, kStrong), Condition::proceed);
}

TEST(Conditions, LookAtPreconditionsFirst) {
  EXPECT_EQ(condition({{"If-None-Match", "\"a\""}, {"If-Match", "\"b\""}}, kStrong), Condition::precondition_failed);
  EXPECT_EQ(condition({{"If-None-Match", "\"a\""}, {"If-Match", "\"a\""}}, kStrong), Condition::not_modified);
}

TEST(Conditions, PassOverWhatBreaksTheGrammar) {
  for (const char* value : {"", ",", "a", "\"a", "a\"", "\"a\" \"b\"", "\"a\", b", "w/\"a\"", "*, \"a\"", "\"a b\"",
                            "W/", "W/ \"a\"", "\"a\";"}) {
    EXPECT_EQ(condition({{"If-None-Match", value}}, kStrong), Condition::proceed) << value;
    EXPECT_EQ(condition({{"If-Match", value}}, kTagless), Condition::proceed) << value;
  }
  for (const char* value : {"", "yesterday", "1994-11-06", "Sunday, 06-Nov-94 08:49:37 GMT"}) {
    EXPECT_EQ(condition({{"If-Modified-Since", value}}, kStrong), Condition::proceed) << value;
    EXPECT_EQ(condition({{"If-Unmodified-Since", value}}, kStrong), Condition::proceed) << value;
  }
}

TEST(Conditions, DoNotTrustADateBesideABrokenTag) {
  EXPECT_EQ(condition({{"If-None-Match", "b"}, {"If-Modified-Since", kAfter}}, kStrong), Condition::proceed);
}

TEST(RangeIsCurrent, WithoutIfRange) {
  EXPECT_TRUE(range_is_current({}, kNothing));
}

TEST(RangeIsCurrent, ComparesTagsStrongly) {
  EXPECT_TRUE(range_is_current({{"If-Range", "\"a\""}}, kStrong));
  EXPECT_FALSE(range_is_current({{"If-Range", "\"b\""}}, kStrong));
  EXPECT_FALSE(range_is_current({{"If-Range", "W/\"a\""}}, kStrong));
  EXPECT_FALSE(range_is_current({{"If-Range", "W/\"a\""}}, kWeak));
  EXPECT_FALSE(range_is_current({{"If-Range", "\"a\""}}, kWeak));
  EXPECT_FALSE(range_is_current({{"If-Range", "\"a\""}}, kTagless));
}

TEST(RangeIsCurrent, WantsTheExactDate) {
  EXPECT_TRUE(range_is_current({{"If-Range", kExactly}}, kStrong));
  EXPECT_FALSE(range_is_current({{"If-Range", kBefore}}, kStrong));
  EXPECT_FALSE(range_is_current({{"If-Range", kAfter}}, kStrong));
  EXPECT_FALSE(range_is_current({{"If-Range", kExactly}}, kDateless));
}

TEST(RangeIsCurrent, DoesNotTrustWhatItCannotRead) {
  for (const char* value : {"", "*", "a", "\"a\", \"a\"", "yesterday"})
    EXPECT_FALSE(range_is_current({{"If-Range", value}}, kStrong)) << value;
  EXPECT_FALSE(range_is_current({{"If-Range", "\"a\""}, {"If-Range", "\"a\""}}, kStrong));
}

}  // namespace
}  // namespace hardline::http
