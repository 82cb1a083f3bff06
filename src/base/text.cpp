#include "hardline/base/text.hpp"

#include "hardline/base/ascii.hpp"
#include "hardline/base/utf8.hpp"

namespace hardline {
namespace {

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

std::string visible_text(std::string_view text) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  std::string visible;
  while (!text.empty()) {
    const auto character = first_character(text);
    const auto octets = text.substr(0, character ? character->length : 1);
    text.remove_prefix(octets.size());
    const bool hidden = !character || breaks_a_line(character->code) || turns_direction(character->code);
    visible += hidden ? kReplacement : octets;
  }
  return visible;
}

}  // namespace hardline
