// The words that HTTP's fields are made of (RFC 9110 section 5).
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hardline/base/ascii.hpp"

namespace hardline::http {

/// Section 5.6.2.
constexpr bool is_token_char(char c) {
  return is_alpha(c) || is_digit(c) ||
         (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

constexpr bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

/// Section 5.5, obs-text included.
constexpr bool is_value_char(char c) {
  return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
}

constexpr bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_value_char);
}

/// Where the quoted-string that begins at `quote` ends (section 5.6.4), its last quote included; npos if it never does.
std::size_t end_of_quoted_string(std::string_view text, std::size_t quote);

/// What stands between the separators outside of quoted-strings, trimmed; of a list, empty elements too. A quote that
/// is never closed quotes nothing: it must not hide the directives behind it.
std::vector<std::string_view> split_elements(std::string_view text, char separator);

/// A parameter or directive: `name`, `name=token` or `name="quoted"`.
struct Parameter {
  std::string name;                  ///< lower case
  std::optional<std::string> value;  ///< without quotes and escapes; none, too, where it breaks the grammar
};

/// nullopt for what begins with no name.
std::optional<Parameter> parse_parameter(std::string_view text);

}  // namespace hardline::http
