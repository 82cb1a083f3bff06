#include "hardline/base/percent.hpp"

#include "hardline/base/ascii.hpp"

namespace hardline {
namespace {

unsigned hex_digit(char c) {
  return static_cast<unsigned>(is_digit(c) ? c - '0' : to_lower(c) - 'a' + 10);
}

}  // namespace

bool is_unreserved(char c) {
  return is_alpha(c) || is_digit(c) || std::string_view("-._~").find(c) != std::string_view::npos;
}

void append_encoded(std::string& text, char c) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto octet = static_cast<unsigned char>(c);
  text += '%';
  text += kDigits[octet >> 4U];
  text += kDigits[octet & 15U];
}

std::string percent_encode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c))
      encoded += c;
    else
      append_encoded(encoded, c);
  }
  return encoded;
}

std::optional<PercentOctet> take_octet(std::string_view& rest) {
  PercentOctet octet{rest.front(), false};
  std::size_t length = 1;
  if (octet.value == '%') {
    if (rest.size() < 3 || !is_hex(rest[1]) || !is_hex(rest[2])) return std::nullopt;
    octet = {static_cast<char>(hex_digit(rest[1]) << 4U | hex_digit(rest[2])), true};
    length = 3;
  }
  rest.remove_prefix(length);
  return octet;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const auto octet = take_octet(text);
    if (!octet) return std::nullopt;
    plain += octet->value;
  }
  return plain;
}

}  // namespace hardline
