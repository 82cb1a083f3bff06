// The time as HTTP's Date header says it (RFC 9110 section 5.6.7).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace hardline::http {

/// `Sun, 06 Nov 1994 08:49:37 GMT`, of the years 1970 to 2199: a time_point that holds nanoseconds ends in 2262. The
/// two obsolete forms, which no server of today sends, are nullopt as well, and so is a day of the week that is wrong.
std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text);

/// The inverse, for times of those years. Fractions of a second are dropped.
std::string format_http_date(std::chrono::system_clock::time_point when);

}  // namespace hardline::http
