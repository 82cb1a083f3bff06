// Which of the addresses that others name are worth a dial.
#pragma once

#include <optional>

#include "hardline/base/host_port.hpp"
#include "hardline/rt/asio.hpp"

namespace hardline::discovery {

/// The endpoint, if `address` is a literal address that means the same host to us as to the service: a public or a
/// private one, or one of Yggdrasil's (200::/7). Never a name, loopback, multicast or reserved, and never link-local:
/// its scope names an interface of whoever wrote it.
std::optional<tcp::endpoint> dialable(const HostPort& address);

/// The same for what anybody may have written (the DHT): public addresses and Yggdrasil's alone. A private address
/// there would let a stranger choose which hosts of our own network we knock at.
std::optional<tcp::endpoint> dialable_from_stranger(const HostPort& address);

/// The inverse, as the store knows it.
HostPort to_host_port(const tcp::endpoint& endpoint);

}  // namespace hardline::discovery
