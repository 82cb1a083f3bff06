#include "hardline/base/hash160.hpp"

#include <sodium.h>

#include <algorithm>

namespace hardline {

Hash160Bytes blake2b_160(std::span<const std::uint8_t> message) {
  std::array<std::uint8_t, 32> digest;
  crypto_generichash(digest.data(), digest.size(), message.data(), message.size(), nullptr, 0);
  Hash160Bytes first20;
  std::copy_n(digest.begin(), first20.size(), first20.begin());
  return first20;
}

std::string to_hex(const Hash160Bytes& bytes) {
  std::array<char, 2 * std::tuple_size_v<Hash160Bytes> + 1> hex;
  sodium_bin2hex(hex.data(), hex.size(), bytes.data(), bytes.size());
  return hex.data();
}

std::optional<Hash160Bytes> parse_hash160(std::string_view hex) {
  Hash160Bytes bytes;
  if (hex.size() != 2 * bytes.size()) return std::nullopt;
  std::size_t length = 0;
  if (sodium_hex2bin(bytes.data(), bytes.size(), hex.data(), hex.size(), nullptr, &length, nullptr) != 0 ||
      length != bytes.size())
    return std::nullopt;
  return bytes;
}

}  // namespace hardline
