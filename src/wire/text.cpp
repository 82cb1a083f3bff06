#include "hardline/wire/text.hpp"

#include <array>
#include <optional>

#include "ascii.hpp"

namespace hardline::wire {
namespace {

struct Character {
  char32_t code;
  std::size_t length;  ///< octets
};

/// The character at the start of `text`, or nullopt where that is not UTF-8 (RFC 3629 section 4).
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

/// C0, DEL, C1, and the separators at which some programs break lines.
bool breaks_a_line(char32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029;
}

/// Embeddings, overrides and isolates (Unicode UAX 9), with which a title can make what stands beside it lie.
bool turns_direction(char32_t code) {
  return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

}  // namespace

std::string clean_text(std::string_view text, std::size_t max_octets) {
  std::string clean;
  while (!text.empty()) {
    const auto character = first_character(text);
    const auto octets = text.substr(0, character ? character->length : 1);
    text.remove_prefix(octets.size());
    if (!character || turns_direction(character->code)) continue;
    const auto shown = breaks_a_line(character->code) ? std::string_view(" ") : octets;
    if (clean.empty() && shown == " ") continue;
    if (clean.size() + shown.size() > max_octets) break;
    clean += shown;
  }
  return std::string(trim(clean));
}

}  // namespace hardline::wire
