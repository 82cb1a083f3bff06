// The entries of one service file, with the words for what is wrong with them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "hardline/store/ini.hpp"

namespace hardline::store {

class ServiceEntries {
 public:
  /// `file` is absolute, and outlives this.
  ServiceEntries(const std::filesystem::path& file, std::vector<IniEntry> entries)
      : file_(file), entries_(std::move(entries)) {}

  const std::filesystem::path& file() const { return file_; }
  const std::vector<IniEntry>& all() const { return entries_; }

  /// The entry, or nullptr where it is missing or empty: an empty value means the default, as old files have it.
  const IniEntry* find(std::string_view section, std::string_view key) const;

  std::string text(std::string_view section, std::string_view key, std::string otherwise) const;
  bool flag(std::string_view section, std::string_view key, bool otherwise) const;

  /// Throws ConfigError.
  [[noreturn]] void refuse(const IniEntry& entry, std::string problem) const;

  /// Refuses a key that looks like a slip of `key`, of the same section, which is missing.
  void refuse_mistyped(std::string_view section, std::string_view key) const;

 private:
  const std::filesystem::path& file_;
  std::vector<IniEntry> entries_;
};

}  // namespace hardline::store
