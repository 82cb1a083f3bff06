#include "hardline/base/rolling_code.hpp"

#include <algorithm>

namespace hardline {

RollingCode RollingCode::of(const KeyHash& key, std::uint64_t day) {
  std::array<std::uint8_t, 28> message;
  auto* end = std::copy(key.bytes().begin(), key.bytes().end(), message.begin());
  for (int shift = 0; shift < 64; shift += 8) *end++ = static_cast<std::uint8_t>(day >> shift);
  return RollingCode(blake2b_160(message));
}

std::uint64_t rolling_day(std::chrono::system_clock::time_point now) {
  const auto days = std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
  return days < 0 ? 0 : static_cast<std::uint64_t>(days);
}

std::vector<std::uint64_t> rolling_days_near(std::chrono::system_clock::time_point now) {
  const auto today = rolling_day(now);
  std::vector days{today};
  for (const auto neighbour : {rolling_day(now - kClockTolerance), rolling_day(now + kClockTolerance)})
    if (neighbour != today) days.push_back(neighbour);
  return days;
}

}  // namespace hardline
