#include "hardline/http/date.hpp"

#include <fmt/format.h>

#include <array>

#include "hardline/base/ascii.hpp"

namespace hardline::http {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 7> kWeekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::string_view kForm = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr auto kFirstYear = 1970;
constexpr auto kLastYear = 2199;

/// The decimal number that fills `text`.
std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  for (char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

template <std::size_t Size>
std::optional<unsigned> place(const std::array<std::string_view, Size>& names, std::string_view name) {
  for (unsigned i = 0; i < Size; ++i)
    if (names[i] == name) return i;
  return std::nullopt;
}

}  // namespace

std::optional<system_clock::time_point> parse_http_date(std::string_view text) {
  if (text.size() != kForm.size()) return std::nullopt;
  for (const std::size_t fixed : {3, 4, 7, 11, 16, 19, 22, 25, 26, 27, 28})
    if (text[fixed] != kForm[fixed]) return std::nullopt;
  const auto weekday_at = place(kWeekdays, text.substr(0, 3));
  const auto month_at = place(kMonths, text.substr(8, 3));
  const auto day_of_month = number(text.substr(5, 2));
  const auto year_number = number(text.substr(12, 4));
  const auto hour = number(text.substr(17, 2));
  const auto minute = number(text.substr(20, 2));
  const auto second = number(text.substr(23, 2));
  if (!weekday_at || !month_at || !day_of_month || !year_number || !hour || !minute || !second) return std::nullopt;
  if (*year_number < kFirstYear || *year_number > kLastYear) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;  // 60: a leap second

  const year_month_day date(year(static_cast<int>(*year_number)), month(*month_at + 1), day(*day_of_month));
  if (!date.ok() || weekday(sys_days(date)) != weekday(*weekday_at)) return std::nullopt;
  return sys_days(date) + hours(*hour) + minutes(*minute) + seconds(*second);
}

std::string format_http_date(system_clock::time_point when) {
  const auto midnight = floor<days>(when);
  const year_month_day date(midnight);
  const hh_mm_ss time(floor<seconds>(when) - midnight);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kWeekdays[weekday(midnight).c_encoding()],
                     static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
                     time.seconds().count());
}

}  // namespace hardline::http
