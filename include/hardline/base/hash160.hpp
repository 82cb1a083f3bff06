// The 20-byte digests of the protocol (docs/protocol.md, "Identity" and "LAN discovery"): BLAKE2b with a 32-byte
// digest, cut to its first 20 bytes. A 20-byte BLAKE2b would differ, because BLAKE2b mixes the digest's length in.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hardline {

using Hash160Bytes = std::array<std::uint8_t, 20>;

/// First 20 bytes of BLAKE2b-256 of `message`.
Hash160Bytes blake2b_160(std::span<const std::uint8_t> message);

/// 40 lower-case hexadecimal digits.
std::string to_hex(const Hash160Bytes& bytes);

/// Exactly 40 hexadecimal digits of either case; anything else is nullopt.
std::optional<Hash160Bytes> parse_hash160(std::string_view hex);

/// A strong type over 20 bytes: `struct KeyHash : Hash160<KeyHash>` is no RollingCode.
template <class Derived>
class Hash160 {
 public:
  static constexpr std::size_t kHexLength = 40;

  explicit Hash160(const Hash160Bytes& bytes) : bytes_(bytes) {}

  static std::optional<Derived> parse(std::string_view hex) {
    const auto bytes = parse_hash160(hex);
    return bytes ? std::optional<Derived>(Derived(*bytes)) : std::nullopt;
  }

  const Hash160Bytes& bytes() const { return bytes_; }
  std::string hex() const { return to_hex(bytes_); }

  friend auto operator<=>(const Hash160&, const Hash160&) = default;

 private:
  Hash160Bytes bytes_;
};

}  // namespace hardline
