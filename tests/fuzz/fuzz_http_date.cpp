// A date that is understood is of its years, and reads the same after it was written.
#include "fuzz.hpp"
#include "hardline/http/date.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using hardline::fuzz::require;
  using namespace hardline::http;
  const auto input = hardline::fuzz::as_text(data, size);
  const auto date = parse_http_date(input);
  if (!date) return 0;
  require(*date >= std::chrono::system_clock::time_point(), "no date is before 1970");
  const auto written = format_http_date(*date);
  require(parse_http_date(written) == date, "a date reads the same after it was written");
  require(written == input || input.substr(23, 2) == "60", "a date has one spelling, but for leap seconds");
  return 0;
}
