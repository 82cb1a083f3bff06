// A home router that can be asked to let connections in: UPnP IGD (UPnP Forum, IGD:1 and IGD:2) and NAT-PMP (RFC 6886).
// These calls block, for seconds where a router is slow; they run on the port mapper's pool.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hardline/base/result.hpp"
#include "hardline/rt/asio.hpp"

namespace hardline::reach {

enum class MappingError {
  conflict,        ///< the external port is somebody else's (718, 729)
  only_permanent,  ///< leases are not supported (725), or this one's form is not (402)
  refused,         ///< not authorised, out of resources, any other answer
  no_answer,       ///< the router did not answer: gone, or restarting
  unsupported,     ///< it cannot do that at all
};

/// A lease of no length is permanent.
struct MappingRequest {
  std::uint16_t external_port;
  std::uint16_t internal_port;
  std::chrono::seconds lease;
};

struct GrantedMapping {
  std::uint16_t external_port;  ///< NAT-PMP may give another than asked for
  std::chrono::seconds lease;   ///< 0: permanent
};

/// A call that was given up may still run while the next one is made, from another thread.
class Gateway {
 public:
  virtual ~Gateway() = default;

  virtual std::string protocol() const = 0;                   ///< "UPnP IGDv1", "UPnP IGDv2", "NAT-PMP"
  virtual std::string description() const = 0;                ///< its address, and its name if it has one
  virtual asio::ip::address_v4 internal_address() const = 0;  ///< ours, as it sees us

  /// Its address on the other side; also a private one is told as it is.
  virtual tl::expected<asio::ip::address_v4, MappingError> external_address() = 0;

  /// Maps TCP. A mapping of ours that is there already is renewed, never a conflict; one of somebody else's is never
  /// replaced, as far as the router can be asked.
  virtual tl::expected<GrantedMapping, MappingError> map(const MappingRequest& request) = 0;
  /// Whether our mapping is still there; `unsupported` where that cannot be told.
  virtual tl::expected<bool, MappingError> has_mapping(std::uint16_t external_port, std::uint16_t internal_port) = 0;
  /// Takes our mapping away, nobody else's.
  virtual void unmap(std::uint16_t external_port, std::uint16_t internal_port) = 0;

  /// Lets TCP in to `address` and `port` (WANIPv6FirewallControl:1 AddPinhole); the pinhole's id, to renew and to close
  /// it with. An empty id is one that needs no closing, since the firewall is off; or cannot be closed, since the
  /// router does not say it: that one ends with its lease.
  virtual tl::expected<std::string, MappingError> open_pinhole(const asio::ip::address_v6& address, std::uint16_t port,
                                                               std::chrono::seconds lease,
                                                               const std::string& renewed_id) = 0;
  virtual void close_pinhole(const asio::ip::address_v6& address, const std::string& id) = 0;
};

/// Looks for gateways, the best first; none where nobody answers. Blocks for at most some 3 s.
using FindGateways = std::function<std::vector<std::shared_ptr<Gateway>>()>;

/// By SSDP multicast on each of this machine's networks, with miniupnpc.
std::vector<std::shared_ptr<Gateway>> find_upnp_gateways();
/// Whether this build has libnatpmp.
bool has_nat_pmp();
/// The default routes' routers, with libnatpmp; none without it.
std::vector<std::shared_ptr<Gateway>> find_nat_pmp_gateways();

}  // namespace hardline::reach
