#include "hardline/discovery/dialable.hpp"

#include "hardline/discovery/address_scope.hpp"

namespace hardline::discovery {
namespace {

bool is_dialable(const asio::ip::address_v4& address) {
  const auto octets = address.to_bytes();
  const bool this_network = octets[0] == 0;                      // RFC 791
  const bool link_local = octets[0] == 169 && octets[1] == 254;  // RFC 3927
  const bool multicast_or_reserved = octets[0] >= 224;           // RFC 5771, RFC 1112, broadcast
  return !this_network && !address.is_loopback() && !link_local && !multicast_or_reserved;
}

bool is_dialable(const asio::ip::address_v6& address) {
  const auto first = address.to_bytes()[0];
  const bool global_unicast = (first & 0xe0) == 0x20;  // 2000::/3, RFC 4291
  const bool unique_local = (first & 0xfe) == 0xfc;    // fc00::/7, RFC 4193
  const bool yggdrasil = (first & 0xfe) == 0x02;       // 200::/7
  return global_unicast || unique_local || yggdrasil;
}

}  // namespace

std::optional<tcp::endpoint> dialable(const HostPort& address) {
  AsioError ec;
  auto literal = asio::ip::make_address(address.host, ec);
  if (ec || address.port == 0) return std::nullopt;
  if (literal.is_v6() && literal.to_v6().is_v4_mapped())
    literal = asio::ip::make_address_v4(asio::ip::v4_mapped, literal.to_v6());
  const bool ok = literal.is_v4() ? is_dialable(literal.to_v4()) : is_dialable(literal.to_v6());
  if (!ok) return std::nullopt;
  return tcp::endpoint(literal, address.port);
}

std::optional<tcp::endpoint> dialable_from_stranger(const HostPort& address) {
  auto endpoint = dialable(address);
  if (endpoint && !is_global_unicast(endpoint->address()) && !is_yggdrasil(endpoint->address())) endpoint.reset();
  return endpoint;
}

HostPort to_host_port(const tcp::endpoint& endpoint) {
  return {endpoint.address().to_string(), endpoint.port()};
}

}  // namespace hardline::discovery
