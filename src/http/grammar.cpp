#include "hardline/http/grammar.hpp"

namespace hardline::http {
namespace {

std::string unquoted(std::string_view quoted_string) {
  std::string text;
  for (std::size_t i = 1; i + 1 < quoted_string.size(); ++i) {
    if (quoted_string[i] == '\\') ++i;
    text += quoted_string[i];
  }
  return text;
}

}  // namespace

std::size_t end_of_quoted_string(std::string_view text, std::size_t quote) {
  for (auto at = quote + 1; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1;
    if (text[at] == '\\') ++at;
  }
  return std::string_view::npos;
}

std::vector<std::string_view> split_elements(std::string_view text, char separator) {
  std::vector<std::string_view> elements;
  std::size_t begin = 0;
  std::size_t at = 0;
  bool closes =
      true;  // once a quote is not closed, no later one is: looking each time would take the square of the time
  while (at < text.size()) {
    if (text[at] == '"' && closes) {
      const auto end = end_of_quoted_string(text, at);
      closes = end != std::string_view::npos;
      at = closes ? end : at + 1;
      continue;
    }
    if (text[at] == separator) {
      elements.push_back(trim(text.substr(begin, at - begin)));
      begin = at + 1;
    }
    ++at;
  }
  elements.push_back(trim(text.substr(begin)));
  return elements;
}

std::optional<Parameter> parse_parameter(std::string_view text) {
  const auto equals = text.find('=');
  const auto name = trim(text.substr(0, equals));
  if (!is_token(name)) return std::nullopt;
  Parameter parameter{to_lower(name), std::nullopt};
  if (equals == std::string_view::npos) return parameter;
  const auto value = trim(text.substr(equals + 1));
  if (is_token(value)) parameter.value = value;
  if (value.starts_with('"') && end_of_quoted_string(value, 0) == value.size()) parameter.value = unquoted(value);
  return parameter;
}

}  // namespace hardline::http
