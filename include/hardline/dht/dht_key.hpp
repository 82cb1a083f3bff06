// The keys under which services are found in the DHT (docs/protocol.md, "Across the internet").
#pragma once

#include <functional>
#include <vector>

#include "hardline/base/rolling_code.hpp"

namespace hardline::dht {

/// SHA-1 of the rolling code's 40 hexadecimal digits: what OpenDHT's InfoHash::get() makes of that string.
class DhtKey : public Hash160<DhtKey> {
 public:
  using Hash160::Hash160;

  static DhtKey of(const RollingCode& code);
};

}  // namespace hardline::dht
