#include "netlink.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace hardline::netlink {
namespace {

/// The kernel fills at most 32 KiB of a reader's buffer with one message of a dump.
constexpr std::size_t kBufferSize = 32 * 1024;
/// A dump that was interrupted by a change is begun again this often.
constexpr int kAttempts = 5;
/// Two of the root name servers (a.root-servers.net): addresses that are on the internet for good. Nothing is sent.
constexpr std::string_view kFarAway4 = "198.41.0.4";
constexpr std::string_view kFarAway6 = "2001:503:ba3e::2:30";

std::error_code system_error(int error) {
  return {error, std::system_category()};
}

template <class T>
std::optional<T> read_as(const rtattr* attribute) {
  if (RTA_PAYLOAD(attribute) < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, RTA_DATA(attribute), sizeof value);
  return value;
}

std::optional<asio::ip::address> read_address(const rtattr* attribute, unsigned link) {
  if (RTA_PAYLOAD(attribute) == 4) return asio::ip::address_v4(*read_as<asio::ip::address_v4::bytes_type>(attribute));
  if (RTA_PAYLOAD(attribute) != 16) return std::nullopt;
  asio::ip::address_v6 address(*read_as<asio::ip::address_v6::bytes_type>(attribute));
  if (address.is_link_local()) address.scope_id(link);
  return address;
}

template <class Header>
const Header* header_of(const nlmsghdr* message) {
  return message->nlmsg_len < NLMSG_LENGTH(sizeof(Header)) ? nullptr : static_cast<Header*>(NLMSG_DATA(message));
}

/// Calls `take` with each attribute behind a message's header.
template <class Header, class Take>
void for_each_attribute(const nlmsghdr* message, Take take) {
  auto length = message->nlmsg_len - NLMSG_SPACE(sizeof(Header));
  const auto* bytes = reinterpret_cast<const char*>(message) + NLMSG_SPACE(sizeof(Header));
  for (auto* attribute = reinterpret_cast<const rtattr*>(bytes); RTA_OK(attribute, length);
       attribute = RTA_NEXT(attribute, length))
    take(attribute);
}

void take_link(const nlmsghdr* message, std::vector<Link>& links) {
  const auto* header = header_of<ifinfomsg>(message);
  if (!header) return;
  Link link{static_cast<unsigned>(header->ifi_index), "", header->ifi_flags};
  for_each_attribute<ifinfomsg>(message, [&](const rtattr* attribute) {
    const auto* text = static_cast<const char*>(RTA_DATA(attribute));
    if (attribute->rta_type == IFLA_IFNAME) link.name.assign(text, strnlen(text, RTA_PAYLOAD(attribute)));
  });
  links.push_back(std::move(link));
}

void take_address(const nlmsghdr* message, std::vector<Address>& addresses) {
  const auto* header = header_of<ifaddrmsg>(message);
  if (!header) return;
  Address found{header->ifa_index, {}, header->ifa_prefixlen, header->ifa_flags, false};
  // On a point-to-point link IFA_ADDRESS is the other side's, and IFA_LOCAL ours; IPv6 has IFA_LOCAL only there.
  std::optional<asio::ip::address> local;
  std::optional<asio::ip::address> address;
  for_each_attribute<ifaddrmsg>(message, [&](const rtattr* attribute) {
    if (attribute->rta_type == IFA_LOCAL) local = read_address(attribute, found.link);
    if (attribute->rta_type == IFA_ADDRESS) address = read_address(attribute, found.link);
    // The header has room for the first eight flags only.
    if (attribute->rta_type == IFA_FLAGS) found.flags = read_as<std::uint32_t>(attribute).value_or(found.flags);
    if (attribute->rta_type != IFA_CACHEINFO) return;
    const auto lifetimes = read_as<ifa_cacheinfo>(attribute);
    found.never_prefers = lifetimes && lifetimes->ifa_prefered == 0;
  });
  if (!local) local = address;
  if (!local) return;
  found.address = *local;
  addresses.push_back(std::move(found));
}

std::optional<WayOut> read_route(const nlmsghdr* message) {
  const auto* header = header_of<rtmsg>(message);
  if (!header || header->rtm_type != RTN_UNICAST) return std::nullopt;
  WayOut way;
  for_each_attribute<rtmsg>(message, [&](const rtattr* attribute) {
    if (attribute->rta_type == RTA_OIF) way.link = read_as<std::uint32_t>(attribute).value_or(0);
  });
  for_each_attribute<rtmsg>(message, [&](const rtattr* attribute) {
    const auto type = attribute->rta_type;
    if (type == RTA_GATEWAY) way.router = read_address(attribute, way.link).value_or(way.router);
    if (type == RTA_PREFSRC) way.source = read_address(attribute, way.link).value_or(way.source);
    if (type != RTA_VIA || RTA_PAYLOAD(attribute) != sizeof(rtvia) + 16) return;  // an IPv6 router for IPv4 (RFC 8950)
    asio::ip::address_v6::bytes_type octets;
    std::memcpy(octets.data(), static_cast<const char*>(RTA_DATA(attribute)) + sizeof(rtvia), octets.size());
    way.router = asio::ip::address_v6(octets, way.link);
  });
  return way;
}

/// Says that there is no way, which is an answer.
bool means_no_way(const std::error_code& error) {
  return error == std::errc::network_unreachable || error == std::errc::host_unreachable ||
         error == std::errc::permission_denied || error == std::errc::invalid_argument ||
         error == std::errc::no_such_device || error == std::errc::address_family_not_supported ||
         error == std::errc::operation_not_supported;
}

}  // namespace

Query::Query() : fd_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) {
  if (fd_ < 0) {
    open_error_ = errno;
    return;
  }
  const timeval limit{1, 0};  // against a kernel that does not answer as it should: this is the io thread
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

Query::~Query() {
  if (fd_ >= 0) close(fd_);
}

/// Sends a request and calls `take` with each message of the answer.
template <class Take>
std::error_code Query::ask(const void* request, std::size_t length, Take take) {
  if (fd_ < 0) return system_error(open_error_);
  if (send(fd_, request, length, 0) < 0) return system_error(errno);
  alignas(nlmsghdr) std::array<char, kBufferSize> buffer;
  bool interrupted = false;
  for (;;) {
    const auto received = recv(fd_, buffer.data(), buffer.size(), 0);
    if (received < 0 && errno == EINTR) continue;
    if (received < 0) return system_error(errno);
    auto rest = static_cast<std::size_t>(received);
    for (auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data()); NLMSG_OK(message, rest);
         message = NLMSG_NEXT(message, rest)) {
      if (message->nlmsg_seq != sequence_) continue;  // of a request that was given up
      interrupted |= (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
      if (message->nlmsg_type == NLMSG_DONE) return system_error(interrupted ? EAGAIN : 0);
      if (message->nlmsg_type == NLMSG_ERROR) {
        const auto* error = header_of<nlmsgerr>(message);
        return system_error(error ? -error->error : EBADMSG);
      }
      take(message);
      if (!(message->nlmsg_flags & NLM_F_MULTI)) return {};
    }
  }
}

template <class Take>
std::error_code Query::dump(int type, Take take) {
  struct {
    nlmsghdr header;
    rtgenmsg of;
  } request{};
  request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.of);
  request.header.nlmsg_type = static_cast<std::uint16_t>(type);
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.header.nlmsg_seq = ++sequence_;
  request.of.rtgen_family = AF_UNSPEC;
  return ask(&request, sizeof request, take);
}

Result<std::vector<Link>> Query::links() {
  std::vector<Link> links;
  std::error_code error;
  for (int i = 0; i < kAttempts; ++i) {
    links.clear();
    error = dump(RTM_GETLINK, [&](const nlmsghdr* message) { take_link(message, links); });
    if (error != std::errc::resource_unavailable_try_again) break;
  }
  if (error) return fail(error);
  return links;
}

Result<std::vector<Address>> Query::addresses() {
  std::vector<Address> addresses;
  std::error_code error;
  for (int i = 0; i < kAttempts; ++i) {
    addresses.clear();
    error = dump(RTM_GETADDR, [&](const nlmsghdr* message) { take_address(message, addresses); });
    if (error != std::errc::resource_unavailable_try_again) break;
  }
  if (error) return fail(error);
  return addresses;
}

Result<std::optional<WayOut>> Query::way_out(int family) {
  struct {
    nlmsghdr header;
    rtmsg route;
    rtattr destination;
    std::array<std::uint8_t, 16> address;
  } request{};
  std::size_t size = 0;
  if (family == AF_INET) {
    const auto octets = asio::ip::make_address_v4(kFarAway4).to_bytes();
    size = octets.size();
    std::memcpy(request.address.data(), octets.data(), size);
  } else {
    const auto octets = asio::ip::make_address_v6(kFarAway6).to_bytes();
    size = octets.size();
    std::memcpy(request.address.data(), octets.data(), size);
  }
  request.destination.rta_type = RTA_DST;
  request.destination.rta_len = static_cast<std::uint16_t>(RTA_LENGTH(size));
  request.route.rtm_family = static_cast<unsigned char>(family);
  request.route.rtm_dst_len = static_cast<unsigned char>(size * 8);
  request.header.nlmsg_len = static_cast<std::uint32_t>(NLMSG_LENGTH(sizeof(rtmsg)) + RTA_LENGTH(size));
  request.header.nlmsg_type = RTM_GETROUTE;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.header.nlmsg_seq = ++sequence_;
  std::optional<WayOut> way;
  const auto error =
      ask(&request, request.header.nlmsg_len, [&](const nlmsghdr* message) { way = read_route(message); });
  if (error && !means_no_way(error)) return fail(error);
  return way;
}

}  // namespace hardline::netlink
