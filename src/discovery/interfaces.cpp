#include "hardline/discovery/interfaces.hpp"

#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <memory>
#include <system_error>

#include "hardline/base/log.hpp"

namespace hardline::discovery {
namespace {

using namespace std::chrono_literals;

/// How long a change may still grow: bringing an interface up gives a handful of messages within milliseconds.
constexpr auto kDebounce = 200ms;

asio::ip::address_v4 address_of(const sockaddr* address) {
  sockaddr_in in;
  std::memcpy(&in, address, sizeof in);
  return asio::ip::address_v4(ntohl(in.sin_addr.s_addr));
}

bool can_discover(unsigned flags) {
  const bool up = (flags & IFF_UP) && (flags & IFF_RUNNING);
  return up && (flags & (IFF_MULTICAST | IFF_LOOPBACK));
}

std::string last_error() {
  return std::system_category().message(errno);
}

}  // namespace

Result<std::vector<Interface>> list_interfaces() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return fail({errno, std::system_category()});
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);

  std::map<unsigned, Interface> found;
  for (const auto* entry = list; entry; entry = entry->ifa_next) {
    if (!entry->ifa_addr || !entry->ifa_netmask || entry->ifa_addr->sa_family != AF_INET) continue;
    if (!can_discover(entry->ifa_flags)) continue;
    const auto address = address_of(entry->ifa_addr);
    const bool loopback = entry->ifa_flags & IFF_LOOPBACK;
    if (loopback && !address.is_loopback()) continue;  // a service address: reached by way of other interfaces
    // The name may be an alias, `eth0:1`, which is the same interface to all but ifconfig.
    const std::string name(entry->ifa_name, std::strcspn(entry->ifa_name, ":"));
    const auto index = if_nametoindex(name.c_str());
    if (index == 0 && errno != ENODEV) return fail({errno, std::system_category()});
    if (index == 0) continue;  // gone since the list was made
    auto& interface = found[index];
    interface.index = index;
    interface.name = name;
    interface.loopback = loopback;
    const auto prefix = std::popcount(address_of(entry->ifa_netmask).to_uint());
    interface.networks.emplace_back(address, static_cast<unsigned short>(prefix));
  }

  std::vector<Interface> interfaces;
  for (auto& [index, interface] : found) interfaces.push_back(std::move(interface));
  return interfaces;
}

std::optional<asio::ip::address_v4> address_towards(const Interface& interface, const asio::ip::address_v4& source) {
  if (source.is_unspecified() || source.is_multicast()) return std::nullopt;
  for (const auto& network : interface.networks) {
    const auto mask = network.netmask().to_uint();
    if ((source.to_uint() & mask) != (network.address().to_uint() & mask)) continue;
    // The two ends of a point-to-point link use both addresses of its /31 (RFC 3021).
    const auto host = source.to_uint() & ~mask;
    if (network.prefix_length() < 31 && (host == 0 || host == ~mask)) continue;
    return network.address();
  }
  return std::nullopt;
}

std::vector<asio::ip::address_v4> subnet_addresses(const Interface& interface) {
  std::vector<asio::ip::network_v4> subnets;
  std::vector<asio::ip::address_v4> addresses;
  for (const auto& network : interface.networks) {
    if (std::find(subnets.begin(), subnets.end(), network.canonical()) != subnets.end()) continue;
    subnets.push_back(network.canonical());
    addresses.push_back(network.address());
  }
  return addresses;
}

std::string describe(const std::vector<Interface>& interfaces) {
  std::string text;
  for (const auto& interface : interfaces) {
    text += text.empty() ? "" : ", ";
    text += interface.name;
    for (const auto& network : interface.networks) text += " " + network.to_string();
  }
  return text.empty() ? "none" : text;
}

NetworkChanges::NetworkChanges(Executor executor) : netlink_(executor), closing_(executor) {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  sockaddr_nl groups{};
  groups.nl_family = AF_NETLINK;
  groups.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  if (fd < 0 || bind(fd, reinterpret_cast<const sockaddr*>(&groups), sizeof groups) != 0) {
    log::warn("lan: changes of the network will go unnoticed: netlink: {}", last_error());
    if (fd >= 0) ::close(fd);
    return;
  }
  netlink_.assign(fd);
}

awaitable<bool> NetworkChanges::wait() {
  if (!netlink_.is_open()) {
    while (!closed_) co_await closing_.wait();
    co_return false;
  }
  AsioError ec;
  co_await netlink_.async_wait(asio::posix::stream_descriptor::wait_read, redirect_error(use_awaitable, ec));
  const auto settled = std::chrono::steady_clock::now() + kDebounce;
  while (!closed_ && std::chrono::steady_clock::now() < settled) co_await closing_.wait_until(settled);
  if (closed_) co_return false;
  drain();
  co_return true;
}

void NetworkChanges::close() {
  closed_ = true;
  AsioError ignored;
  netlink_.close(ignored);
  closing_.notify();
}

/// What the messages say is not looked at: the interfaces are listed anew. ENOBUFS says that messages were lost,
/// which is news just as well; it is reported once, and the next read goes on.
void NetworkChanges::drain() {
  char buffer[8192];
  for (;;) {
    const auto length = recv(netlink_.native_handle(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (length == 0 || (length < 0 && errno != EINTR && errno != ENOBUFS)) return;
  }
}

}  // namespace hardline::discovery
