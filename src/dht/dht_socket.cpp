#include "dht_socket.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace hardline::dht {
namespace {

constexpr std::size_t kDatagramSize = 64 * 1024;  // the longest there is
constexpr std::size_t kBatch = 64;  // datagrams handed over at a time, so that the other socket has its turn

/// A socket on every address of the machine, and in `bound` what it became; without one, why.
UniqueFd open_udp(sa_family_t family, std::uint16_t port, ::dht::SockAddr& bound, std::error_code& error) {
  error = {};
  bound = {};
  UniqueFd fd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  ::dht::SockAddr any;
  any.setFamily(family);
  any.setPort(port);
  const int only = 1;
  if (!fd || (family == AF_INET6 && ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only) != 0) ||
      ::bind(fd.get(), any.get(), any.getLength()) != 0) {
    error = last_error();
    return {};
  }
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&name), &length);
  bound = ::dht::SockAddr(name, length);
  return fd;
}

bool not_ours(std::error_code error) {
  return error == std::errc::address_in_use || error == std::errc::permission_denied;
}

}  // namespace

DhtSocket::DhtSocket(std::uint16_t port) : stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!stop_) throw std::system_error(last_error(), "eventfd");
  auto error = open_both(port);
  if (port != 0 && not_ours(error)) {
    const auto reason = error.message();
    error = open_both(0);
    problem_ = fmt::format("UDP port {}: {}; using {}", port, reason, this->port());
  }
  if (!fd4_ && !fd6_) throw std::system_error(error, "cannot open a UDP socket");
  receiver_ = std::thread([this] { receive(); });
}

DhtSocket::~DhtSocket() {
  stop();
  if (receiver_.joinable()) receiver_.join();
}

/// The more telling of both errors: a machine without IPv6 is nothing to tell.
std::error_code DhtSocket::open_both(std::uint16_t port) {
  std::error_code error4, error6;
  fd4_ = {};
  fd6_ = {};
  fd4_ = open_udp(AF_INET, port, bound4_, error4);
  fd6_ = open_udp(AF_INET6, fd4_ ? bound4_.getPort() : port, bound6_, error6);
  if (!fd6_ && port == 0) fd6_ = open_udp(AF_INET6, 0, bound6_, error6);
  return not_ours(error6) ? error6 : error4;
}

std::uint16_t DhtSocket::port() const {
  return fd4_ ? bound4_.getPort() : bound6_.getPort();
}

const ::dht::SockAddr& DhtSocket::getBoundRef(sa_family_t family) const {
  return family == AF_INET6 ? bound6_ : bound4_;
}

int DhtSocket::sendTo(const ::dht::SockAddr& to, const std::uint8_t* data, std::size_t size, bool replied) {
  const auto& fd = to.getFamily() == AF_INET6 ? fd6_ : fd4_;
  if (!fd || !to) return EAFNOSUPPORT;
  const int flags = MSG_NOSIGNAL | (replied ? MSG_CONFIRM : 0);
  return ::sendto(fd.get(), data, size, flags, to.get(), to.getLength()) < 0 ? errno : 0;
}

void DhtSocket::stop() {
  const std::uint64_t one = 1;
  // It can only fail where an earlier stop() has filled the counter.
  if (::write(stop_.get(), &one, sizeof one) < 0) return;
}

void DhtSocket::receive() {
  // poll(2) passes over the negative descriptor of a family that is missing.
  std::array<pollfd, 3> waits{{{stop_.get(), POLLIN, 0}, {fd4_.get(), POLLIN, 0}, {fd6_.get(), POLLIN, 0}}};
  while (true) {
    if (::poll(waits.data(), waits.size(), -1) < 0) continue;
    if (waits[0].revents) return;
    if (waits[1].revents) drain(waits[1].fd);
    if (waits[2].revents) drain(waits[2].fd);
  }
}

void DhtSocket::drain(int fd) {
  ::dht::net::PacketList packets;
  std::array<std::uint8_t, kDatagramSize> buffer;
  while (packets.size() < kBatch) {
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    const auto n = ::recvfrom(fd, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
    if (n < 0) break;  // nothing left, or an error that was about an earlier datagram of ours
    auto packet = getNewPacket();
    packet.front().data.assign(buffer.begin(), buffer.begin() + n);
    packet.front().from = ::dht::SockAddr(from, length);
    packet.front().received = ::dht::clock::now();
    packets.splice(packets.end(), std::move(packet));
  }
  if (!packets.empty()) onReceived(std::move(packets));
}

}  // namespace hardline::dht
