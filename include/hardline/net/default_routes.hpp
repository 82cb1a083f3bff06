// The routers that this machine's default routes lead to: whom NAT-PMP is spoken to (RFC 6886 section 3.3).
#pragma once

#include <istream>
#include <vector>

#include "hardline/rt/asio.hpp"

namespace hardline {

/// Those of the calling thread's network, the preferred one (of the lowest metric) first, each once. A route without
/// a router, as into a VPN, counts for nothing.
std::vector<asio::ip::address_v4> default_routers();

/// The same from a table in the format of /proc/net/route (proc(5)).
std::vector<asio::ip::address_v4> parse_default_routers(std::istream& table);

}  // namespace hardline
