// How quantities are told to people: in the log, by the command line's verbs, on the dashboard and on all pages.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace hardline {

/// "1 node", "2 nodes", "0 nodes". `many` is for plurals that do not end in a mere s: "2 addresses".
std::string count_of(std::uint64_t count, std::string_view one, std::string_view many = "");

/// "999 B", "1.4 kB", "45 MB": SI units (powers of a thousand), and at most three digits, so that what is shown does
/// not change with every packet.
std::string amount_of(std::uint64_t octets);

/// "42 seconds", "3 minutes", "1 hour", "5 days": the largest unit alone, rounded down. Negative spans count as none.
std::string span_of(std::chrono::seconds span);

/// "42 seconds ago"
std::string ago(std::chrono::seconds age);

/// What something took: "120 ms", and "12.3 s" from one second on.
std::string took(std::chrono::milliseconds time);

/// "2026-12-01T03:04:05Z" (RFC 3339): in UTC, for machines. Fractions of a second are dropped.
std::string utc_time(std::chrono::system_clock::time_point when);

}  // namespace hardline
