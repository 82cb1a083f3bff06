// Where this machine can be reached from outside, worked out from what everybody says
// (docs/protocol.md, "Across the internet").
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hardline/base/host_port.hpp"
#include "hardline/net/interfaces.hpp"
#include "hardline/reach/port_mapper.hpp"

namespace hardline::reach {

/// What is seen from outside is of the time since the router's outer address was another one, or this machine in
/// another network: who contradicts the router then is taken for the far side of a second one.
struct Observations {
  std::vector<HostPort> configured;  ///< --public-address; if there are any of a family, nothing else of it counts
  std::vector<LocalAddress> local;   ///< list_addresses()
  PortMapperStatus gateway;
  std::vector<asio::ip::address> seen_by_dht;  ///< DhtNodeStatus::seen_as
  std::optional<asio::ip::address> seen_by_proxy;
  std::uint16_t p2p_port = 0;
};

enum class Nat {
  unknown,
  none,           ///< a public IPv4 address on this machine itself
  mapped,         ///< behind a router that lets us in
  unmapped,       ///< behind a router that does not, as far as we know
  double_nat,     ///< behind a router whose own outer address is private, or not the one the outside sees
  carrier_grade,  ///< the same, in 100.64/10
};

/// One sentence for a person: what this means and what to do. Empty for unknown, none, mapped.
std::string_view explain(Nat nat);

/// Reachability::told_by where only a DHT proxy told it.
inline constexpr std::string_view kToldByProxy = "a DHT proxy";

struct Reachability {
  std::vector<HostPort> wan_hosts;  ///< best first: public IPv4, stable global IPv6, Yggdrasil
  std::optional<asio::ip::address_v4> public_v4;
  std::string told_by;  ///< who says so: "the gateway", "the DHT", "a DHT proxy", "the configuration", "an interface"
  Nat nat = Nat::unknown;
};

Reachability work_out(const Observations& seen);

}  // namespace hardline::reach
