#include "hardline/base/password.hpp"

#include <sodium.h>

#include <array>
#include <cstdint>

#include "hardline/base/ascii.hpp"

namespace hardline {

std::optional<Password> Password::parse(std::string_view text) {
  if (text.empty() || text.size() > kMaxLength) return std::nullopt;
  std::string lower;
  for (char c : text) {
    if (c <= ' ' || c > '~' || std::string_view("-./:\"\\").find(c) != std::string_view::npos) return std::nullopt;
    lower += to_lower(c);
  }
  return Password(std::move(lower));
}

bool Password::fits_in_host() const {
  return text_.find_first_of("#%<>?@[]^|") == std::string::npos;  // parse() has refused the others
}

Password Password::generate() {
  static constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";  // RFC 4648 section 6, lower-cased
  std::array<std::uint8_t, 8> random;
  randombytes_buf(random.data(), random.size());
  std::uint64_t bits = 0;
  for (auto byte : random) bits = bits << 8 | byte;
  std::string text;
  for (int shift = 59; shift > 0; shift -= 5) text += kBase32[bits >> shift & 31];
  text += kBase32[bits << 1 & 31];  // the last 4 bits, padded with a zero
  return Password(std::move(text));
}

bool Password::matches(const Password& other) const {
  return text_.size() == other.text_.size() && sodium_memcmp(text_.data(), other.text_.data(), text_.size()) == 0;
}

}  // namespace hardline
