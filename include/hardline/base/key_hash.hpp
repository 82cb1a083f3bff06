// KEYHASH: what a service is (docs/protocol.md, "Identity").
#pragma once

#include <cstring>
#include <functional>

#include "hardline/base/hash160.hpp"

namespace hardline {

/// The hash of a service's exact DER certificate, and so its name.
class KeyHash : public Hash160<KeyHash> {
 public:
  using Hash160::Hash160;

  static KeyHash of_certificate(std::span<const std::uint8_t> der) { return KeyHash(blake2b_160(der)); }

  /// The first 8 digits: enough to tell services apart in a log, too few to connect with.
  std::string brief() const { return hex().substr(0, 8); }
};

}  // namespace hardline

template <>
struct std::hash<hardline::KeyHash> {
  std::size_t operator()(const hardline::KeyHash& key) const noexcept {
    std::size_t h = 0;  // a digest's bytes are already uniform
    std::memcpy(&h, key.bytes().data(), sizeof h);
    return h;
  }
};
