// Amounts of octets as people write them in service files: `1500`, `256M`, `1.5 GB`.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hardline::store {

/// A number, whole or with a decimal point, and a unit in any case: k, M, G or T, each 1024 of the one before, with B
/// or iB after it or not; B for octets. Without a unit it counts `unit` octets. Rounded up to whole octets; nullopt for
/// anything else, and for what 63 bits cannot hold.
std::optional<std::uint64_t> parse_octets(std::string_view text, std::uint64_t unit = 1);

}  // namespace hardline::store
