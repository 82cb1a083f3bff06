// A local port that leads to a service, as it is written: `[ADDRESS:]PORT`, and `NAME=[ADDRESS:]PORT`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hardline/base/host_port.hpp"

namespace hardline::daemon {

/// A bare port is one of `localhost`. The address is `localhost`, `*` for every address, or a literal, an IPv6 one in
/// brackets. Port 0 takes a free one.
std::optional<HostPort> parse_local_port(std::string_view text);

struct ForwardSetting {
  std::string name;  ///< of the service: a petname, or what leads to it; looked up at each connection
  HostPort local;
};

std::optional<ForwardSetting> parse_forward(std::string_view text);

}  // namespace hardline::daemon
