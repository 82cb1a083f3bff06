#include "hardline/base/words.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

namespace hardline {

using namespace std::chrono_literals;

std::string count_of(std::uint64_t count, std::string_view one, std::string_view many) {
  if (count == 1) return fmt::format("1 {}", one);
  return many.empty() ? fmt::format("{} {}s", count, one) : fmt::format("{} {}", count, many);
}

std::string amount_of(std::uint64_t octets) {
  if (octets < 1000) return fmt::format("{} B", octets);
  auto value = static_cast<double>(octets);
  std::string_view unit;
  for (const std::string_view larger : {"kB", "MB", "GB", "TB", "PB", "EB"}) {
    unit = larger;
    value /= 1000;
    if (value < 999.5) break;
  }
  return value < 9.95 ? fmt::format("{:.1f} {}", value, unit) : fmt::format("{:.0f} {}", value, unit);
}

std::string span_of(std::chrono::seconds span) {
  const auto told = [span](std::chrono::seconds unit, std::string_view one) {
    return count_of(static_cast<std::uint64_t>(std::max(span, 0s) / unit), one);
  };
  if (span < 1min) return told(1s, "second");
  if (span < 1h) return told(1min, "minute");
  return span < 24h ? told(1h, "hour") : told(24h, "day");
}

std::string ago(std::chrono::seconds age) {
  return span_of(age) + " ago";
}

std::string took(std::chrono::milliseconds time) {
  return time < 1s ? fmt::format("{} ms", time.count())
                   : fmt::format("{:.1f} s", static_cast<double>(time.count()) / 1000);
}

std::string utc_time(std::chrono::system_clock::time_point when) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(when)));
}

}  // namespace hardline
