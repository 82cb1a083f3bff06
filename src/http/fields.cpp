#include "hardline/http/fields.hpp"

#include "hardline/base/ascii.hpp"

namespace hardline::http {

std::optional<std::string_view> find_field(const HeaderFields& fields, std::string_view name) {
  for (const auto& [field_name, value] : fields)
    if (equals_ignoring_case(field_name, name)) return value;
  return std::nullopt;
}

void join_value(std::string& joined, std::string_view value) {
  if (!joined.empty() && !value.empty()) joined += ", ";
  joined += value;
}

std::optional<std::string> join_fields(const HeaderFields& fields, std::string_view name) {
  std::optional<std::string> joined;
  for (const auto& [field_name, value] : fields) {
    if (!equals_ignoring_case(field_name, name)) continue;
    if (!joined) joined.emplace();
    join_value(*joined, value);
  }
  return joined;
}

}  // namespace hardline::http
