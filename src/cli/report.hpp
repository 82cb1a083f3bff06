// What makes a report of several tables: headings, and a limit for floods.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "table.hpp"

namespace hardline::cli {

/// Rows of one table that are printed, besides the one that tells how it was reached; more are a flood, which nobody
/// wants to read. --json has them all.
inline constexpr std::size_t kMostRows = 40;

/// Spaces before each line of a table.
inline constexpr std::size_t kIndent = 2;

/// Nothing where the table is empty.
inline std::string headed(const Terminal& terminal, std::string_view heading, const Table& table) {
  if (table.empty()) return "";
  return fmt::format("\n{}\n{}", terminal.paint(Tone::heading, heading), table.text(terminal, kIndent));
}

}  // namespace hardline::cli
