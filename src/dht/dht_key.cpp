#include "hardline/dht/dht_key.hpp"

#include <openssl/sha.h>

namespace hardline::dht {

DhtKey DhtKey::of(const RollingCode& code) {
  const auto hex = code.hex();
  Hash160Bytes digest{};
  static_assert(digest.size() == SHA_DIGEST_LENGTH);
  SHA1(reinterpret_cast<const unsigned char*>(hex.data()), hex.size(), digest.data());
  return DhtKey(digest);
}

}  // namespace hardline::dht
