// What a Host header asks for (docs/protocol.md, "Tunnel").
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "hardline/base/service_name.hpp"

namespace hardline::wire {

/// `localhost`, in any of its spellings.
struct HostIsLocalhost {};
/// `LABEL.localhost`, where LABEL is not a service's name.
struct HostIsLabel {
  std::string label;  ///< lower case
};
/// Anything else: another domain, an address, two labels before `.localhost`, nonsense. Answered 421, which is
/// what keeps DNS rebinding out.
struct HostIsForeign {};

using HostTarget = std::variant<ServiceName, HostIsLocalhost, HostIsLabel, HostIsForeign>;

/// `host` is a Host header's value: name, optional trailing dot, optional `:port` (any); case-insensitive.
HostTarget parse_host(std::string_view host);

}  // namespace hardline::wire
