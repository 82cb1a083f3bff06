// Where a service could be reached, and how that went.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "hardline/base/host_port.hpp"

namespace hardline::store {

struct RememberedAddress {
  HostPort address;
  std::chrono::system_clock::time_point learned;  ///< when its service last named it, else when it first worked
  std::optional<std::chrono::system_clock::time_point> last_worked;
  std::optional<std::chrono::system_clock::time_point> last_failed;
  std::optional<std::chrono::milliseconds> round_trip = {};  ///< of the last connection that worked
  bool named_by_service =
      true;  ///< in its last list; else others (the DHT) named it, and the service proved to be there
};

/// Most addresses kept per service: the best ones.
inline constexpr std::size_t kMaxAddressesPerService = 16;

}  // namespace hardline::store
