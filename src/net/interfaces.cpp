#include "hardline/net/interfaces.hpp"

#include <ifaddrs.h>
#include <linux/if_addr.h>
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
#include "hardline/base/unique_fd.hpp"
#include "hardline/rt/clock.hpp"
#include "netlink.hpp"

namespace hardline {
namespace {

using namespace std::chrono_literals;

/// How long a change may still grow: bringing an interface up gives a handful of messages within milliseconds.
constexpr auto kDebounce = 200ms;

asio::ip::address_v4 address_of(const sockaddr* address) {
  sockaddr_in in;
  std::memcpy(&in, address, sizeof in);
  return asio::ip::address_v4(ntohl(in.sin_addr.s_addr));
}

constexpr unsigned kAddressFlagsThatMatter = IFA_F_TEMPORARY | IFA_F_DEPRECATED | IFA_F_TENTATIVE | IFA_F_DADFAILED;

bool is_running(unsigned flags) {
  return (flags & IFF_UP) && (flags & IFF_RUNNING);
}

bool can_discover(unsigned flags) {
  return is_running(flags) && (flags & (IFF_MULTICAST | IFF_LOOPBACK));
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

Result<std::vector<LocalAddress>> list_addresses() {
  netlink::Query query;
  const auto links = query.links();
  if (!links) return fail(links.error());
  const auto found = query.addresses();
  if (!found) return fail(found.error());

  std::vector<LocalAddress> addresses;
  for (const auto& entry : *found) {
    const auto is_its = [&](const netlink::Link& link) { return link.index == entry.link; };
    const auto link = std::find_if(links->begin(), links->end(), is_its);
    if (link == links->end() || !is_running(link->flags)) continue;
    const bool v6 = entry.address.is_v6();
    const bool unusable = entry.flags & (IFA_F_DEPRECATED | IFA_F_TENTATIVE | IFA_F_DADFAILED);
    // Of an IPv4 address the same bit says that it is not the first of its subnet.
    const bool temporary = v6 && (entry.flags & IFA_F_TEMPORARY);
    addresses.push_back({link->name, entry.address, temporary, unusable || entry.never_prefers});
  }
  return addresses;
}

/// What others see of this machine's place in the network. Lifetimes, counters and the like are no part of it.
struct NetworkChanges::Picture {
  std::vector<netlink::Link> links;
  std::vector<netlink::Address> addresses;
  std::optional<netlink::WayOut> way_out4, way_out6;

  friend bool operator==(const Picture&, const Picture&) = default;

  static std::unique_ptr<Picture> take();
};

/// Null where the kernel cannot be asked.
std::unique_ptr<NetworkChanges::Picture> NetworkChanges::Picture::take() {
  netlink::Query query;
  auto links = query.links();
  auto addresses = query.addresses();
  const auto way_out4 = query.way_out(AF_INET);
  const auto way_out6 = query.way_out(AF_INET6);
  if (!links || !addresses || !way_out4 || !way_out6) return nullptr;
  for (auto& link : *links) link.flags &= IFF_UP | IFF_RUNNING | IFF_MULTICAST | IFF_LOOPBACK;
  for (auto& address : *addresses) address.flags &= kAddressFlagsThatMatter;
  return std::make_unique<Picture>(Picture{*std::move(links), *std::move(addresses), *way_out4, *way_out6});
}

NetworkChanges::NetworkChanges(Executor executor) : netlink_(executor), closing_(executor) {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  sockaddr_nl groups{};
  groups.nl_family = AF_NETLINK;
  groups.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
  if (fd < 0 || bind(fd, reinterpret_cast<const sockaddr*>(&groups), sizeof groups) != 0) {
    log::warn("network: changes will go unnoticed: netlink: {}", last_error().message());
    if (fd >= 0) ::close(fd);
    return;
  }
  netlink_.assign(fd);
  told_ = Picture::take();
}

NetworkChanges::~NetworkChanges() = default;

awaitable<bool> NetworkChanges::wait() {
  if (!netlink_.is_open()) {
    while (!closed_) co_await closing_.wait();
    co_return false;
  }
  bool news = false;
  while (!news) {
    AsioError ec;
    co_await netlink_.async_wait(asio::posix::stream_descriptor::wait_read, redirect_error(use_awaitable, ec));
    const auto settled = Clock::now() + kDebounce;
    while (!closed_ && Clock::now() < settled) co_await closing_.wait_until(settled);
    if (closed_) co_return false;
    drain();
    news = look();
  }
  co_return true;
}

void NetworkChanges::close() {
  closed_ = true;
  AsioError ignored;
  netlink_.close(ignored);
  closing_.notify();
}

/// What the messages say is not looked at: most repeat what is known (a router's advertisement renews lifetimes every
/// few minutes), and some are lost (ENOBUFS; it is reported once, and the next read goes on).
void NetworkChanges::drain() {
  char buffer[8192];
  for (;;) {
    const auto length = recv(netlink_.native_handle(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (length == 0 || (length < 0 && errno != EINTR && errno != ENOBUFS)) return;
  }
}

/// Whether the network is another than was told last. If that cannot be found out, it may well be.
bool NetworkChanges::look() {
  auto now = Picture::take();
  const bool same = now && told_ && *now == *told_;
  told_ = std::move(now);
  return !same;
}

}  // namespace hardline
