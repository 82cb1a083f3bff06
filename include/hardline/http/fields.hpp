// Header fields as they stand in a message, in their order (RFC 9110 section 5).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hardline::http {

using HeaderFields = std::vector<std::pair<std::string, std::string>>;

/// The first field of this name, in any case.
std::optional<std::string_view> find_field(const HeaderFields& fields, std::string_view name);

/// All fields of this name, in their order, joined by `, ` (RFC 9110 section 5.3); nullopt if there is none.
std::optional<std::string> join_fields(const HeaderFields& fields, std::string_view name);

/// Adds a further value to those that a field of its name has, joined as above. An empty one adds nothing.
void join_value(std::string& joined, std::string_view value);

}  // namespace hardline::http
