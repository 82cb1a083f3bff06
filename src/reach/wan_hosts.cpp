#include "hardline/reach/wan_hosts.hpp"

#include <algorithm>
#include <map>

#include "hardline/net/address_scope.hpp"

namespace hardline::reach {
namespace {

using asio::ip::address;
using asio::ip::address_v4;
using asio::ip::address_v6;

bool is_stable(const LocalAddress& local) {
  return !local.temporary && !local.deprecated;
}

/// Between a provider's NAT and its customers: 100.64/10, and the 192.0.0.0/29 of DS-Lite (RFC 6333), by which a
/// customer has no IPv4 address at all.
bool is_providers(const address_v4& outer) {
  return is_carrier_grade_nat(outer) || (outer.to_uint() >> 3) == (0xC0000000 >> 3);
}

/// Somebody's word on how this machine looks from outside.
struct Outside {
  address_v4 address;
  std::string told_by;
};

/// What most nodes say; of equals, what was said first.
std::optional<address_v4> majority(const std::vector<address>& seen) {
  std::map<address_v4, int> votes;
  std::optional<address_v4> winner;
  for (const auto& one : seen)
    if (const auto literal = unmapped(one); literal.is_v4() && is_global_unicast(literal)) ++votes[literal.to_v4()];
  for (const auto& one : seen) {
    const auto literal = unmapped(one);
    if (!literal.is_v4() || !votes.contains(literal.to_v4())) continue;
    if (!winner || votes[literal.to_v4()] > votes[*winner]) winner = literal.to_v4();
  }
  return winner;
}

std::optional<Outside> outside_view(const Observations& seen) {
  if (const auto told = majority(seen.seen_by_dht)) return Outside{*told, "the DHT"};
  if (!seen.seen_by_proxy) return std::nullopt;
  const auto told = unmapped(*seen.seen_by_proxy);
  if (!told.is_v4() || !is_global_unicast(told)) return std::nullopt;
  return Outside{told.to_v4(), std::string(kToldByProxy)};
}

/// The router's word on its own outer address. One that is not connected says 0.0.0.0, which is none.
std::optional<address_v4> gateways_address(const PortMapperStatus& gateway) {
  auto outer = gateway.external_address;
  if (gateway.mapping && gateway.mapping->external_address) outer = gateway.mapping->external_address;
  return outer && outer->is_unspecified() ? std::nullopt : outer;
}

std::optional<address_v4> own_public_v4(const Observations& seen, const std::optional<Outside>& outside) {
  std::optional<address_v4> own;
  for (const auto& local : seen.local) {
    if (!local.address.is_v4() || local.deprecated || !is_global_unicast(local.address)) continue;
    const bool is_seen = outside && outside->address == local.address.to_v4();
    if (!own || is_seen) own = local.address.to_v4();
  }
  return own;
}

/// A modem that hands its provider's inner address through. A VPN may use these addresses too, beside a real network.
bool is_inside_a_provider(const std::vector<LocalAddress>& addresses) {
  bool any = false;
  for (const auto& local : addresses) {
    if (!local.address.is_v4() || local.address.is_loopback()) continue;
    if (!is_providers(local.address.to_v4())) return false;
    any = true;
  }
  return any;
}

/// Configured addresses of one family. Names are left out: no client dials them.
std::vector<HostPort> configured(const Observations& seen, bool v4, std::uint16_t port) {
  std::vector<HostPort> hosts;
  for (auto host : seen.configured) {
    AsioError ec;
    const auto literal = asio::ip::make_address(host.host, ec);
    if (ec || literal.is_v4() != v4) continue;
    if (host.port == 0) host.port = port;
    hosts.push_back(std::move(host));
  }
  return hosts;
}

void work_out_v4(const Observations& seen, Reachability& result) {
  auto& hosts = result.wan_hosts;
  const auto list = [&](const address_v4& public_address, std::uint16_t port) {
    const HostPort host{public_address.to_string(), port};
    if (std::find(hosts.begin(), hosts.end(), host) == hosts.end()) hosts.push_back(host);
  };
  const auto tell = [&](const address_v4& public_address, std::string by) {
    result.public_v4 = public_address;
    result.told_by = std::move(by);
  };
  const auto mapped_port = seen.gateway.mapping ? seen.gateway.mapping->external_port : seen.p2p_port;
  const bool asks = seen.gateway.state == PortMapperStatus::State::searching;
  const auto behind_a_router = seen.gateway.mapping ? Nat::mapped : asks ? Nat::unknown : Nat::unmapped;
  const auto outside = outside_view(seen);

  if (const auto given = configured(seen, true, mapped_port); !given.empty()) {
    hosts = given;
    tell(asio::ip::make_address_v4(given.front().host), "the configuration");
    return;
  }
  if (const auto own = own_public_v4(seen, outside)) {
    list(*own, seen.p2p_port);
    tell(*own, "an interface");
    result.nat = Nat::none;
    return;
  }
  const auto outer = gateways_address(seen.gateway);
  if (outer && is_global_unicast(*outer)) {
    const bool agreed = !outside || outside->address == *outer;
    result.nat = agreed ? behind_a_router : Nat::double_nat;
    if (!agreed) list(outside->address, seen.p2p_port);
    list(*outer, mapped_port);
    if (agreed)
      tell(*outer, "the gateway");
    else
      tell(outside->address, outside->told_by);
    return;
  }
  if (outer) {
    result.nat = is_providers(*outer) ? Nat::carrier_grade : Nat::double_nat;
  } else if (is_inside_a_provider(seen.local)) {
    result.nat = Nat::carrier_grade;
  } else if (outside) {
    result.nat = behind_a_router;
  }
  if (!outside) return;
  // The mapping is the inner router's, and says nothing about the outer one's ports.
  const bool mapped = result.nat == Nat::mapped;
  list(outside->address, mapped ? mapped_port : seen.p2p_port);
  tell(outside->address, outside->told_by);
}

/// The stable global address to be reached at: the one that the outside sees; else one of the interface whose
/// privacy address it sees; else one that a firewall was opened for; else the first.
std::optional<address_v6> best_v6(const Observations& seen) {
  std::vector<address> outside = seen.seen_by_dht;
  if (seen.seen_by_proxy) outside.push_back(*seen.seen_by_proxy);
  const auto is_seen = [&](const LocalAddress& local) {
    return std::find(outside.begin(), outside.end(), local.address) != outside.end();
  };
  const auto leads_outside = [&](const LocalAddress& local) {
    return std::any_of(seen.local.begin(), seen.local.end(), [&](const LocalAddress& other) {
      return other.interface == local.interface && other.address.is_v6() && is_seen(other);
    });
  };
  const auto& pinholes = seen.gateway.pinholes;
  const auto rank = [&](const LocalAddress& local) {
    if (is_seen(local)) return 3;
    if (leads_outside(local)) return 2;
    return std::find(pinholes.begin(), pinholes.end(), local.address.to_v6()) != pinholes.end() ? 1 : 0;
  };
  std::optional<address_v6> best;
  int best_rank = -1;
  for (const auto& local : seen.local) {
    if (!local.address.is_v6() || !is_stable(local) || !is_global_unicast(local.address)) continue;
    if (const int its = rank(local); its > best_rank) {
      best = local.address.to_v6();
      best_rank = its;
    }
  }
  return best;
}

void work_out_v6(const Observations& seen, Reachability& result) {
  auto& hosts = result.wan_hosts;
  if (const auto given = configured(seen, false, seen.p2p_port); !given.empty()) {
    hosts.insert(hosts.end(), given.begin(), given.end());
    return;
  }
  if (const auto global = best_v6(seen)) hosts.push_back({global->to_string(), seen.p2p_port});
  const auto is_ours_in_yggdrasil = [](const LocalAddress& local) {
    return is_stable(local) && is_yggdrasil(local.address);
  };
  const auto found = std::find_if(seen.local.begin(), seen.local.end(), is_ours_in_yggdrasil);
  if (found != seen.local.end()) hosts.push_back({found->address.to_string(), seen.p2p_port});
}

}  // namespace

std::string_view explain(Nat nat) {
  switch (nat) {
    case Nat::unknown:
    case Nat::none:
    case Nat::mapped: return "";
    case Nat::unmapped:
      return "This computer is behind a router that does not seem to let connections in: turn on UPnP or NAT-PMP in "
             "the router's settings, or forward the P2P port (TCP) to this computer there.";
    case Nat::double_nat:
      return "This computer is behind two routers, and only the nearer one can be asked to let connections in: in the "
             "outer one, forward the P2P port (TCP) to the inner one, or set the inner one to bridge mode; over IPv6 "
             "this does not matter.";
    case Nat::carrier_grade:
      return "Your provider shares one IPv4 address among customers (CGNAT), and no setting of your router changes "
             "that: this computer can be reached from outside over IPv6 or not at all; ask the provider for a public "
             "IPv4 address, or for IPv6.";
  }
  return "";
}

Reachability work_out(const Observations& seen) {
  Reachability result;
  work_out_v4(seen, result);
  work_out_v6(seen, result);
  return result;
}

}  // namespace hardline::reach
