// INI files as people and the old program write them, read by inih: values in quotes, comments on lines of their own.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "hardline/store/config_error.hpp"

namespace hardline::store {

struct IniEntry {
  std::string section;  ///< lower case
  std::string key;      ///< lower case
  std::string value;    ///< trimmed; one pair of enclosing quotes, ' or ", removed; `;` and `#` in it are kept
  int line = 0;         ///< from 1
};

/// Reads `text`; `file` only names it in errors. Values may be any length and may hold ` ;`. Leading white space on
/// a line means nothing. Throws ConfigError for a line that is none of comment, [section], key=value; for a key
/// before any section; and for a key given twice in a section.
std::vector<IniEntry> parse_ini(const std::filesystem::path& file, std::string_view text);

/// Reads and parses `file`. Throws ConfigError also where it cannot be read or is larger than 1 MiB.
std::vector<IniEntry> read_ini(const std::filesystem::path& file);

/// yes/no, true/false, on/off, 1/0, case-insensitive. Throws ConfigError naming the entry.
bool ini_bool(const std::filesystem::path& file, const IniEntry& entry);

}  // namespace hardline::store
