// JSON from strangers, read within bounds and without exceptions.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace hardline {

/// Known keys need 2 levels; the rest is for newer peers' unknown ones.
inline constexpr std::size_t kMaxJsonDepth = 8;

/// The object that all of `text` is. nullopt for whatever else it is, for one that nests deeper than kMaxJsonDepth,
/// and for a text with a NUL, at which the JSON parser would stop, content.
std::optional<nlohmann::json> parse_json_object(std::string_view text);

}  // namespace hardline
