#include "own_sockets.hpp"

#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace hardline::daemon {
namespace {

/// The address that stands at `data`; zeros where it is shorter.
template <class Address>
Address read_as(const StreamSocket::endpoint_type& endpoint) {
  Address address{};
  std::memcpy(&address, endpoint.data(), std::min(endpoint.size(), sizeof address));
  return address;
}

bool is_loopback(const in6_addr& address) {
  constexpr std::uint8_t kLoopbackNetwork = 127;  // 127.0.0.0/8, mapped (RFC 4291 section 2.5.5.2)
  return IN6_IS_ADDR_LOOPBACK(&address) || (IN6_IS_ADDR_V4MAPPED(&address) && address.s6_addr[12] == kLoopbackNetwork);
}

}  // namespace

bool is_own_socket(const StreamSocket::endpoint_type& remote, std::uint16_t local_port,
                   const std::filesystem::path& control_socket) {
  switch (remote.protocol().family()) {
    case AF_INET: {
      const auto address = read_as<sockaddr_in>(remote);
      return local_port != 0 && ntohs(address.sin_port) == local_port &&
             ntohl(address.sin_addr.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
    }
    case AF_INET6: {
      const auto address = read_as<sockaddr_in6>(remote);
      return local_port != 0 && ntohs(address.sin6_port) == local_port && is_loopback(address.sin6_addr);
    }
    case AF_UNIX: {
      const auto address = read_as<sockaddr_un>(remote);
      const std::string_view path(address.sun_path, ::strnlen(address.sun_path, sizeof address.sun_path));
      return !path.empty() && path == control_socket.native();
    }
    default: return false;
  }
}

}  // namespace hardline::daemon
