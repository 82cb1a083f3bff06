#include "hardline/base/json.hpp"

namespace hardline {
namespace {

/// Where the string that opens at `quote` closes.
std::size_t end_of_string(std::string_view text, std::size_t quote) {
  auto at = quote + 1;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return at;
}

/// Counts brackets outside of strings: 16 KiB of `[` are refused before the parser builds anything of them.
bool nests_too_deep(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') i = end_of_string(text, i);
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && depth > 0) --depth;
    if (depth > kMaxJsonDepth) return true;
  }
  return false;
}

}  // namespace

std::optional<nlohmann::json> parse_json_object(std::string_view text) {
  if (text.find('\0') != std::string_view::npos || nests_too_deep(text)) return std::nullopt;
  auto object = nlohmann::json::parse(text, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  return object;
}

}  // namespace hardline
