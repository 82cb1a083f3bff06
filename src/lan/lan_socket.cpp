#include "lan_socket.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "hardline/base/unique_fd.hpp"

namespace hardline::lan {
namespace {

bool set_option(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

/// Room for one IP_PKTINFO, which is all that is asked for.
union ControlBuffer {
  cmsghdr alignment;
  char bytes[CMSG_SPACE(sizeof(in_pktinfo))];
};

}  // namespace

std::error_code LanSocket::open_shared() {
  return open(wire::kLpdPort, true);
}

std::error_code LanSocket::open_own() {
  return open(0, false);
}

std::error_code LanSocket::open(std::uint16_t port, bool shared) {
  AsioError ec;
  socket_.open(udp::v4(), ec);
  if (ec) return ec;
  const int fd = socket_.native_handle();
  // Either flag lets us in beside a program that has set the same one; there are programs of both kinds.
  const bool ok =
      (!shared || (set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) && set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1))) &&
      set_option(fd, IPPROTO_IP, IP_PKTINFO, 1) &&
      // Only what this socket joined, on the interfaces where it joined it.
      set_option(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0) &&
      // Other daemons of this machine hear us.
      set_option(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 1) && set_option(fd, IPPROTO_IP, IP_MULTICAST_TTL, 1) &&
      set_option(fd, IPPROTO_IP, IP_TTL, 1);
  std::error_code error = ok ? std::error_code() : last_error();
  if (!error) {
    socket_.bind(udp::endpoint(udp::v4(), port), ec);
    error = ec;
  }
  if (error) close();
  return error;
}

void LanSocket::close() {
  AsioError ignored;
  socket_.close(ignored);
}

std::error_code LanSocket::change_membership(int option, unsigned interface) {
  ip_mreqn request{};
  request.imr_multiaddr.s_addr = htonl(lan_group().address().to_v4().to_uint());
  request.imr_ifindex = static_cast<int>(interface);
  const auto result = setsockopt(socket_.native_handle(), IPPROTO_IP, option, &request, sizeof request);
  return result == 0 ? std::error_code() : last_error();
}

std::error_code LanSocket::join(unsigned interface) {
  const auto error = change_membership(IP_ADD_MEMBERSHIP, interface);
  return error == std::errc::address_in_use ? std::error_code() : error;
}

void LanSocket::leave(unsigned interface) {
  change_membership(IP_DROP_MEMBERSHIP, interface);
}

std::error_code LanSocket::send(const LanDatagram& datagram) {
  auto to = datagram.to;
  iovec text{const_cast<char*>(datagram.text.data()), datagram.text.size()};
  ControlBuffer control{};
  msghdr message{};
  message.msg_name = to.data();
  message.msg_namelen = static_cast<socklen_t>(to.size());
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;

  in_pktinfo info{};
  info.ipi_ifindex = static_cast<int>(datagram.interface);
  info.ipi_spec_dst.s_addr = htonl(datagram.from.to_uint());
  auto* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = IPPROTO_IP;
  header->cmsg_type = IP_PKTINFO;
  header->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(header), &info, sizeof info);

  ssize_t sent;
  do {
    sent = sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent >= 0 ? std::error_code() : last_error();
}

awaitable<bool> LanSocket::readable() {
  AsioError ec;
  co_await socket_.async_wait(udp::socket::wait_read, redirect_error(use_awaitable, ec));
  co_return socket_.is_open();
}

Result<LanSocket::Received> LanSocket::receive(std::span<char> buffer) {
  udp::endpoint from;
  iovec text{buffer.data(), buffer.size()};
  ControlBuffer control{};
  msghdr message{};
  message.msg_name = from.data();
  message.msg_namelen = static_cast<socklen_t>(from.capacity());
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;

  ssize_t length;
  do {
    length = recvmsg(socket_.native_handle(), &message, MSG_DONTWAIT);
  } while (length < 0 && errno == EINTR);
  if (length < 0) return fail(last_error());
  if (message.msg_flags & MSG_TRUNC) return fail(std::make_error_code(std::errc::message_size));

  Received received;
  received.text = {buffer.data(), static_cast<std::size_t>(length)};
  from.resize(message.msg_namelen);
  received.from = from;
  for (auto* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != IPPROTO_IP || header->cmsg_type != IP_PKTINFO) continue;
    in_pktinfo info;
    std::memcpy(&info, CMSG_DATA(header), sizeof info);
    received.interface = static_cast<unsigned>(info.ipi_ifindex);
  }
  return received;
}

}  // namespace hardline::lan
