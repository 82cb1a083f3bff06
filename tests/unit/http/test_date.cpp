#include "hardline/http/date.hpp"

#include <gtest/gtest.h>

namespace hardline::http {
namespace {

using namespace std::chrono;

TEST(HttpDate, ReadsTheStandardsExample) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), sys_days(1994y / November / 6) + 8h + 49min + 37s);
}

TEST(HttpDate, ReadsTheFirstAndTheLastOfItsYears) {
  EXPECT_EQ(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT"), system_clock::time_point());
  EXPECT_EQ(parse_http_date("Tue, 31 Dec 2199 23:59:59 GMT"), sys_days(2200y / January / 1) - 1s);
  EXPECT_FALSE(parse_http_date("Wed, 31 Dec 1969 23:59:59 GMT"));
  EXPECT_FALSE(parse_http_date("Wed, 01 Jan 2200 00:00:00 GMT"));
  EXPECT_FALSE(parse_http_date("Fri, 31 Dec 9999 23:59:59 GMT"));
}

TEST(HttpDate, KnowsLeapDays) {
  EXPECT_EQ(parse_http_date("Thu, 29 Feb 2024 00:00:00 GMT"), sys_days(2024y / February / 29));
  EXPECT_FALSE(parse_http_date("Wed, 29 Feb 2023 00:00:00 GMT"));
}

TEST(HttpDate, ReadsALeapSecond) {
  EXPECT_EQ(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT"), sys_days(2017y / January / 1));
}

TEST(HttpDate, RefusesTheWrongDayOfTheWeek) {
  EXPECT_FALSE(parse_http_date("Mon, 06 Nov 1994 08:49:37 GMT"));
}

TEST(HttpDate, RefusesTheObsoleteForms) {
  EXPECT_FALSE(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"));
  EXPECT_FALSE(parse_http_date("Sun Nov  6 08:49:37 1994"));
}

TEST(HttpDate, RefusesWhatIsNoDate) {
  for (const char* text :
       {"", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT ", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, +6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov  994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT"})
    EXPECT_FALSE(parse_http_date(text)) << text;
}

TEST(HttpDate, WritesWhatItReads) {
  for (const char* text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Thu, 29 Feb 2024 00:00:00 GMT", "Tue, 31 Dec 2199 23:59:59 GMT"})
    EXPECT_EQ(format_http_date(*parse_http_date(text)), text);
}

TEST(HttpDate, DropsFractions) {
  EXPECT_EQ(format_http_date(system_clock::time_point(1999ms)), "Thu, 01 Jan 1970 00:00:01 GMT");
}

}  // namespace
}  // namespace hardline::http
