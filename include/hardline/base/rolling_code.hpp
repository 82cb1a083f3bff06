// The name a service is searched by, which changes every day (docs/protocol.md, "LAN discovery"), so that a search
// tells a listener nothing it could recognise tomorrow.
#pragma once

#include <chrono>
#include <vector>

#include "hardline/base/key_hash.hpp"

namespace hardline {

class RollingCode : public Hash160<RollingCode> {
 public:
  using Hash160::Hash160;

  /// `day` counts whole days since 1970-01-01 00:00 UTC.
  static RollingCode of(const KeyHash& key, std::uint64_t day);
};

/// The day of `now`; 0 for times before 1970.
std::uint64_t rolling_day(std::chrono::system_clock::time_point now);

/// The days a peer whose clock is off by at most `kClockTolerance` may be in: today first, then the neighbour
/// within two hours of midnight UTC. One or two days.
inline constexpr auto kClockTolerance = std::chrono::hours(2);
std::vector<std::uint64_t> rolling_days_near(std::chrono::system_clock::time_point now);

}  // namespace hardline
