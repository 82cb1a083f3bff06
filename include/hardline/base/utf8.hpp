// UTF-8, one character at a time (RFC 3629).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace hardline {

struct Character {
  char32_t code;
  std::size_t length;  ///< octets
};

/// The character at the start of `text`, which is not empty, or nullopt where that is not UTF-8 (section 4).
std::optional<Character> first_character(std::string_view text);

}  // namespace hardline
