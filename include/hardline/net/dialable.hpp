// Which of the addresses that others name are worth a dial.
#pragma once

#include <optional>

#include "hardline/base/host_port.hpp"
#include "hardline/rt/asio.hpp"

namespace hardline {

/// The endpoint, if `address` is a literal address that means the same host to everybody: a public one, or one of
/// Yggdrasil's (200::/7). Never a name, nor a private address: whoever wrote it, in the DHT or as the service itself,
/// could choose which hosts of our own network we knock at.
std::optional<tcp::endpoint> dialable(const HostPort& address);

/// The inverse, as the store knows it.
HostPort to_host_port(const tcp::endpoint& endpoint);

}  // namespace hardline
