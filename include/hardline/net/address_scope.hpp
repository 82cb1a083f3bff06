// What an IP address can be good for (IANA's special-purpose address registries, RFC 6890).
#pragma once

#include "hardline/rt/asio.hpp"

namespace hardline {

/// An IPv4 address as such, also where it comes inside of an IPv6 one (RFC 4291 section 2.5.5.2), as a socket for both
/// families sees it; any other as it is.
asio::ip::address unmapped(const asio::ip::address& address);

/// Reachable from anywhere on the internet: none of the special-purpose blocks. 2000::/3 without documentation, 6to4
/// and Teredo for IPv6.
bool is_global_unicast(const asio::ip::address& address);

/// 200::/7, the Yggdrasil network's own: reachable for whoever is in it.
bool is_yggdrasil(const asio::ip::address& address);

/// 10/8, 172.16/12, 192.168/16 (RFC 1918), fc00::/7 (RFC 4193).
bool is_private(const asio::ip::address& address);

/// 100.64/10, between a provider's NAT and its customers (RFC 6598).
bool is_carrier_grade_nat(const asio::ip::address& address);

}  // namespace hardline
