// The network interfaces LAN discovery works on (netdevice(7)), and the news that they have changed (rtnetlink(7)).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hardline/base/result.hpp"
#include "hardline/rt/asio.hpp"
#include "hardline/rt/event.hpp"

namespace hardline {

/// An interface that is up, has an IPv4 address and can do multicast, or is the loopback interface: by that one two
/// daemons of one machine find each other, though it seldom bears the MULTICAST flag.
struct Interface {
  unsigned index = 0;
  std::string name;
  bool loopback = false;
  std::vector<asio::ip::network_v4> networks;  ///< its own addresses, each with its subnet's prefix

  friend bool operator==(const Interface&, const Interface&) = default;
};

/// Ordered by index. An error, as of having no descriptor left to ask the kernel with, says nothing about what is
/// there.
Result<std::vector<Interface>> list_interfaces();

/// The address of `interface` whose subnet `source` is a host of, or nullopt: then `source` is no neighbour there,
/// whatever its first octets look like. A subnet's own address and its broadcast address are not hosts.
std::optional<asio::ip::address_v4> address_towards(const Interface& interface, const asio::ip::address_v4& source);

/// One address of `interface` for each of its subnets. A host of the subnet takes it for a neighbour's.
std::vector<asio::ip::address_v4> subnet_addresses(const Interface& interface);

/// An address of this machine, on an interface that is up.
struct LocalAddress {
  std::string interface;
  asio::ip::address address;
  bool temporary = false;   ///< an IPv6 privacy address, gone tomorrow (RFC 8981)
  bool deprecated = false;  ///< not to be used for anything new (RFC 4862), or not usable yet

  friend bool operator==(const LocalAddress&, const LocalAddress&) = default;
};

/// All of them, loopback and link-local ones too. IPv4 and IPv6; in the kernel's order.
Result<std::vector<LocalAddress>> list_addresses();

/// `lo 127.0.0.1/8, eth0 192.0.2.7/24`, for people.
std::string describe(const std::vector<Interface>& interfaces);

/// Hears from the kernel that links or addresses came or went, or that another way leads to the internet: another
/// interface, another router, another source address. A lifetime that was renewed is no change, and neither is a route
/// that does not lead there.
class NetworkChanges {
 public:
  /// If the kernel gives no netlink socket, a log line says so, and wait() waits for close() only.
  explicit NetworkChanges(Executor executor);
  NetworkChanges(const NetworkChanges&) = delete;
  NetworkChanges& operator=(const NetworkChanges&) = delete;
  ~NetworkChanges();

  /// Completes a moment after a change, so that the changes which come in a row count as one. False after close().
  awaitable<bool> wait();
  void close();

 private:
  struct Picture;

  void drain();
  bool look();

  asio::posix::stream_descriptor netlink_;
  std::unique_ptr<Picture> told_;  ///< as it was when wait() completed last; null where that is unknown
  Event closing_;
  bool closed_ = false;
};

}  // namespace hardline
