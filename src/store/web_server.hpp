// The web server that a service file names in [Service], with or without a cache before it.
#pragma once

#include <optional>

#include "hardline/base/cache_settings.hpp"
#include "service_entries.hpp"

namespace hardline::store {

/// Its address, where its bytes are carried as they are. Throws ConfigError where there is none.
OriginAddress read_origin_address(const ServiceEntries& entries);

/// Where a cache fetches from; nullopt where service= is empty. Throws ConfigError.
std::optional<Upstream> read_upstream(const ServiceEntries& entries);

}  // namespace hardline::store
