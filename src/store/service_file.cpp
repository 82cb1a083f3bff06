#include "hardline/store/service_file.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "cache_section.hpp"
#include "hardline/base/ascii.hpp"
#include "hardline/store/spelling.hpp"
#include "service_entries.hpp"
#include "web_server.hpp"

namespace hardline::store {
namespace fs = std::filesystem;
namespace {

/// A key as it is documented; sections and keys are compared in lower case.
struct KnownKey {
  std::string_view section;
  std::string_view key;
};

constexpr std::array kKnownKeys{
    KnownKey{"Service", "service"},    KnownKey{"Service", "port"},         KnownKey{"Service", "verify"},
    KnownKey{"Service", "certfile"},   KnownKey{"Service", "paused"},       KnownKey{"Info", "title"},
    KnownKey{"Info", "listed"},        KnownKey{"Access", "hidepassword"},  KnownKey{"Access", "useDHT"},
    KnownKey{"Cache", "directory"},    KnownKey{"Cache", "maxAge"},         KnownKey{"Cache", "maxSize"},
    KnownKey{"Cache", "allowListing"}, KnownKey{"Cache", "dynamicContent"}, KnownKey{"Cache", "downloadRateLimit"},
};

std::vector<std::string_view> known_sections() {
  std::vector<std::string_view> sections;
  sections.reserve(kKnownKeys.size());
  for (const auto& known : kKnownKeys) sections.push_back(known.section);
  return sections;
}

/// None where the section is not known.
std::vector<std::string_view> known_keys(std::string_view section) {
  std::vector<std::string_view> keys;
  for (const auto& known : kKnownKeys)
    if (to_lower(known.section) == section) keys.push_back(known.key);
  return keys;
}

bool has(const std::vector<std::string_view>& keys, std::string_view key) {
  return std::any_of(keys.begin(), keys.end(), [&](std::string_view known) { return to_lower(known) == key; });
}

/// Where a key belongs that stands in another section; empty where it is not known at all.
std::string place_of(std::string_view key) {
  for (const auto& known : kKnownKeys)
    if (to_lower(known.key) == key) return std::string(known.key) + "= in [" + std::string(known.section) + "]";
  return {};
}

std::string did_you_mean(const std::string& meant) {
  return meant.empty() ? "" : "; did you mean " + meant + "?";
}

std::string of_unknown_section(const IniEntry& entry) {
  const auto meant = closest(entry.section, known_sections());
  return "the section [" + entry.section + "] is not known and has no effect" +
         did_you_mean(meant.empty() ? "" : "[" + std::string(meant) + "]");
}

std::string of_unknown_key(const IniEntry& entry, const std::vector<std::string_view>& known) {
  const auto meant = closest(entry.key, known);
  return "'" + entry.key + "' is not known and has no effect" +
         did_you_mean(meant.empty() ? place_of(entry.key) : std::string(meant) + "=");
}

/// What has no effect in this file.
std::vector<std::string> warnings_of(const ServiceEntries& entries) {
  std::vector<std::string> warnings;
  const auto warn = [&](const IniEntry& entry, const std::string& text) {
    warnings.push_back(entries.file().string() + ":" + std::to_string(entry.line) + ": " + text);
  };
  std::string unknown_section;
  bool without_cache = entries.find("cache", "directory") == nullptr;
  for (const auto& entry : entries.all()) {
    const auto keys = known_keys(entry.section);
    if (keys.empty()) {
      if (std::exchange(unknown_section, entry.section) != entry.section) warn(entry, of_unknown_section(entry));
    } else if (!has(keys, entry.key)) {
      warn(entry, of_unknown_key(entry, keys));
    } else if (entry.section == "cache" && !entry.value.empty() && std::exchange(without_cache, false)) {
      warn(entry, "[Cache] has no effect; it needs directory=, the folder for the copies");
    }
  }
  return warnings;
}

ServiceFile make_service_file(const fs::path& given, auto read_entries) {
  ServiceFile service;
  service.file = fs::absolute(given).lexically_normal();
  const ServiceEntries settings(service.file, read_entries(service.file));
  if (auto cache = read_cache_section(settings))
    service.origin = std::move(*cache);
  else
    service.origin = read_origin_address(settings);
  const auto certfile = settings.text("service", "certfile", service.file.filename().string() + ".cert");
  service.certfile = (service.file.parent_path() / certfile).lexically_normal();
  service.title = settings.text("info", "title", service.file.stem().string());
  service.listed = settings.flag("info", "listed", service.listed);
  service.hide_password = settings.flag("access", "hidepassword", service.hide_password);
  service.paused = settings.flag("service", "paused", service.paused);
  service.use_dht = settings.flag("access", "usedht", service.use_dht);
  service.warnings = warnings_of(settings);
  return service;
}

}  // namespace

ServiceFile parse_service_file(const fs::path& file, std::string_view text) {
  return make_service_file(file, [&](const fs::path& absolute) { return parse_ini(absolute, text); });
}

ServiceFile read_service_file(const fs::path& file) {
  return make_service_file(file, read_ini);
}

ServiceDirectory read_service_directory(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (name.ends_with(".ini") && !name.starts_with('.')) files.push_back(entry->path());
  }
  if (error && error != std::errc::no_such_file_or_directory)
    throw ConfigError(directory, 0, "", "cannot be read: " + error.message());
  std::sort(files.begin(), files.end());

  ServiceDirectory result;
  for (const auto& file : files) {
    try {
      result.services.push_back(read_service_file(file));
    } catch (const ConfigError& e) {
      result.errors.push_back(e);
    }
  }
  return result;
}

}  // namespace hardline::store
