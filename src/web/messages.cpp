#include "hardline/web/messages.hpp"

#include <algorithm>

#include "hardline/base/ascii.hpp"
#include "hardline/base/percent.hpp"

namespace hardline::web {
namespace {

/// Whether one of the fields of this name has `token` in its list (RFC 9110 section 5.6.1), in any case.
bool lists(const Request& request, std::string_view name, std::string_view token) {
  const auto wanted_name = to_lower(name);
  const auto wanted = to_lower(token);
  for (const auto& [key, value] : request.fields) {
    if (to_lower(key) != wanted_name) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      auto item = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), item.size() + 1));
      while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
      while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
      if (to_lower(item) == wanted) return true;
    }
  }
  return false;
}

/// What each parameter of this name has behind its equals sign, still encoded; nullopt where it has none.
std::vector<std::optional<std::string_view>> values_of(std::string_view query, std::string_view name) {
  std::vector<std::optional<std::string_view>> values;
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    const bool has_value = equals != std::string_view::npos;
    values.push_back(has_value ? std::optional(pair.substr(equals + 1)) : std::nullopt);
  }
  return values;
}

}  // namespace

std::string_view Request::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

std::string_view Request::query() const {
  const auto question = target.find('?');
  return question == std::string::npos ? std::string_view() : std::string_view(target).substr(question + 1);
}

std::optional<std::string_view> Request::field(std::string_view name) const {
  const auto wanted = to_lower(name);
  std::optional<std::string_view> found;
  for (const auto& [key, value] : fields) {
    if (to_lower(key) != wanted) continue;
    if (found) return std::nullopt;
    found = value;
  }
  return found;
}

bool Request::has_field(std::string_view name) const {
  const auto wanted = to_lower(name);
  return std::any_of(fields.begin(), fields.end(), [&](const auto& field) { return to_lower(field.first) == wanted; });
}

std::optional<std::string> Request::parameter(std::string_view name) const {
  const auto given = values_of(query(), name);
  if (given.size() != 1 || !given.front()) return std::nullopt;
  return percent_decode(*given.front());
}

bool Request::has_parameter(std::string_view name) const {
  return !values_of(query(), name).empty();
}

bool is_change(std::string_view method) {
  return method != "GET" && method != "HEAD";
}

bool asks_for_protocol(const Request& request, std::string_view protocol) {
  return lists(request, "Connection", "upgrade") && lists(request, "Upgrade", protocol);
}

}  // namespace hardline::web
