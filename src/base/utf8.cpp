#include "hardline/base/utf8.hpp"

#include <array>

namespace hardline {

std::optional<Character> first_character(std::string_view text) {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const char32_t lead = octet(0);
  if (lead < 0x80) return Character{lead, 1};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return std::nullopt;
  char32_t code = lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((octet(i) & 0xc0) != 0x80) return std::nullopt;
    code = code << 6 | (octet(i) & 0x3fU);
  }
  static constexpr std::array<char32_t, 5> kShortestOfLength{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kShortestOfLength[length] || code > 0x10ffff || surrogate) return std::nullopt;
  return Character{code, length};
}

}  // namespace hardline
