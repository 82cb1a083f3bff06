#include "service_entries.hpp"

#include <array>

#include "hardline/store/spelling.hpp"

namespace hardline::store {

const IniEntry* ServiceEntries::find(std::string_view section, std::string_view key) const {
  for (const auto& entry : entries_)
    if (entry.section == section && entry.key == key && !entry.value.empty()) return &entry;
  return nullptr;
}

std::string ServiceEntries::text(std::string_view section, std::string_view key, std::string otherwise) const {
  const auto* entry = find(section, key);
  return entry ? entry->value : std::move(otherwise);
}

bool ServiceEntries::flag(std::string_view section, std::string_view key, bool otherwise) const {
  const auto* entry = find(section, key);
  return entry ? ini_bool(file_, *entry) : otherwise;
}

void ServiceEntries::refuse(const IniEntry& entry, std::string problem) const {
  throw ConfigError(file_, entry.line, entry.key, std::move(problem));
}

void ServiceEntries::refuse_mistyped(std::string_view section, std::string_view key) const {
  const std::array wanted{key};
  for (const auto& entry : entries_)
    if (entry.section == section && entry.key != key && !closest(entry.key, wanted).empty())
      refuse(entry, "is not known; did you mean '" + std::string(key) + "='?");
}

}  // namespace hardline::store
