// A service file's [Cache] section.
#pragma once

#include <optional>

#include "hardline/base/cache_settings.hpp"
#include "service_entries.hpp"

namespace hardline::store {

/// nullopt where directory= is empty: there is no cache then, and the other keys mean nothing. Throws ConfigError.
std::optional<CacheSettings> read_cache_section(const ServiceEntries& entries);

}  // namespace hardline::store
