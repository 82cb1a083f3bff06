// WANHosts: where a service can be reached later (docs/protocol.md, "Tunnel" and "Across the internet").
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hardline/base/host_port.hpp"

namespace hardline::wire {

/// Most entries that are read of one list; the rest is ignored.
inline constexpr std::size_t kMaxHosts = 16;

/// `203.0.113.7:7008,[200:1234::1]:7008`, best first. Entries that make no sense are left out, spaces ignored.
std::vector<HostPort> parse_hosts_list(std::string_view text);

std::string format_hosts_list(std::span<const HostPort> hosts);

}  // namespace hardline::wire
