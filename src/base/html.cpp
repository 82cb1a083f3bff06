#include "hardline/base/html.hpp"

#include <charconv>
#include <cstdint>
#include <optional>

namespace hardline {
namespace {

/// Nothing where `code` is no character: a surrogate, or too large (RFC 3629 section 3).
void append_utf8(std::string& text, std::uint32_t code) {
  const auto begin = [&](std::uint32_t octet) { text += static_cast<char>(octet); };
  const auto more = [&](int shift) { text += static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    begin(code);
  } else if (code < 0x800) {
    begin(0xC0 | code >> 6);
    more(0);
  } else if (code < 0x10000 && (code < 0xD800 || code > 0xDFFF)) {
    begin(0xE0 | code >> 12);
    more(6);
    more(0);
  } else if (code >= 0x10000 && code < 0x110000) {
    begin(0xF0 | code >> 18);
    more(12);
    more(6);
    more(0);
  }
}

/// `name` of `&name;` as text; nullopt if it is not among the few that are known here.
std::optional<std::string> character_named(std::string_view name) {
  if (name == "amp") return "&";
  if (name == "lt") return "<";
  if (name == "gt") return ">";
  if (name == "quot") return "\"";
  if (name == "apos") return "'";
  if (name == "nbsp") return " ";
  if (!name.starts_with('#')) return std::nullopt;
  name.remove_prefix(1);
  const bool hex = name.starts_with('x') || name.starts_with('X');
  if (hex) name.remove_prefix(1);
  std::uint32_t code = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), code, hex ? 16 : 10);
  if (name.empty() || error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  std::string text;
  append_utf8(text, code);
  return text;
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&': safe += "&amp;"; break;
      case '<': safe += "&lt;"; break;
      case '>': safe += "&gt;"; break;
      case '"': safe += "&quot;"; break;
      case '\'': safe += "&#39;"; break;
      default: safe += c;
    }
  }
  return safe;
}

std::string decode_html(std::string_view text) {
  constexpr std::size_t kLongestName = 10;
  std::string plain;
  while (!text.empty()) {
    const auto end = text.front() == '&' ? text.substr(0, kLongestName).find(';') : std::string_view::npos;
    const auto decoded = end == std::string_view::npos ? std::nullopt : character_named(text.substr(1, end - 1));
    plain += decoded ? *decoded : std::string(1, text.front());
    text.remove_prefix(decoded ? end + 1 : 1);
  }
  return plain;
}

}  // namespace hardline
