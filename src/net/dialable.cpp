#include "hardline/net/dialable.hpp"

#include "hardline/net/address_scope.hpp"

namespace hardline {

std::optional<tcp::endpoint> dialable(const HostPort& address) {
  AsioError ec;
  const auto literal = unmapped(asio::ip::make_address(address.host, ec));
  if (ec || address.port == 0) return std::nullopt;
  if (!is_global_unicast(literal) && !is_yggdrasil(literal)) return std::nullopt;
  return tcp::endpoint(literal, address.port);
}

HostPort to_host_port(const tcp::endpoint& endpoint) {
  return {endpoint.address().to_string(), endpoint.port()};
}

}  // namespace hardline
