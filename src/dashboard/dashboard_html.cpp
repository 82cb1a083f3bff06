#include "dashboard_html.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "dashboard_texts.hpp"
#include "hardline/base/html.hpp"
#include "hardline/base/text.hpp"

namespace hardline::dashboard {

using namespace std::chrono_literals;
using std::chrono::seconds;

std::string safe(std::string_view text) {
  return escape_html(clean_text(text, text.size()));
}

std::string isolated(std::string_view text) {
  return "<bdi>" + safe(text) + "</bdi>";
}

std::string hidden(std::string_view text) {
  return "<span class=\"vh\"> " + isolated(text) + "</span>";
}

std::string attribute(std::string_view name, std::string_view value) {
  return fmt::format(" {}=\"{}\"", name, escape_html(value));
}

std::string meta(std::string_view html) {
  return fmt::format("<p class=\"meta\">{}</p>", html);
}

std::string state(std::string_view tone, std::string_view html) {
  return fmt::format("<p class=\"state {}\"><span>{}</span></p>", tone, html);
}

std::string span_of_time(seconds span) {
  if (span < 1min) return std::string(texts::kLessThanAMinute);
  const std::array<std::int64_t, 3> counts = {span / 1min, span / 1h, span / 24h};
  const std::size_t unit = counts[2] > 0 ? 2 : counts[1] > 0 ? 1 : 0;
  const auto& [one, many] = texts::kUnits.at(unit);
  return counts.at(unit) == 1 ? std::string(one) : fmt::format(fmt::runtime(many), counts.at(unit));
}

std::string ago(seconds age) {
  return age < 1min ? std::string(texts::kJustNow) : fmt::format(texts::kAgo, span_of_time(age));
}

std::string heard_ago(std::chrono::milliseconds age) {
  if (age < 8s) return std::string(texts::kJustNow);
  if (age >= 55s) return ago(std::max<seconds>(std::chrono::duration_cast<seconds>(age), 1min));
  return fmt::format(texts::kSecondsAgo, (age + 5s) / 10s * 10);
}

std::string time_element(SystemTime then, SystemTime now) {
  const auto utc = fmt::gmtime(std::chrono::system_clock::to_time_t(then));
  const auto age = std::max<seconds>(std::chrono::duration_cast<seconds>(now - then), 0s);
  return fmt::format("<time datetime=\"{:%Y-%m-%dT%H:%M:%SZ}\">{}</time>", utc, ago(age));
}

std::string amount(std::uint64_t octets) {
  if (octets < 1000) return fmt::format("{} B", octets);
  auto value = static_cast<double>(octets);
  std::string_view unit;
  for (const std::string_view larger : {"kB", "MB", "GB", "TB", "PB"}) {
    unit = larger;
    value /= 1000;
    if (value < 999.5) break;
  }
  return value < 9.95 ? fmt::format("{:.1f} {}", value, unit) : fmt::format("{:.0f} {}", value, unit);
}

}  // namespace hardline::dashboard
