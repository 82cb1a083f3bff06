#include "hardline/rt/path_check.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

namespace hardline {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kLookEvery = std::chrono::seconds(1);

void set(int descriptor, int level, int option, int value) {
  ::setsockopt(descriptor, level, option, &value, sizeof value);
}

/// For how long nothing at all has come in; nullopt where the kernel does not say.
std::optional<Clock::duration> silence(int descriptor) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  return std::chrono::milliseconds(std::min(info.tcpi_last_data_recv, info.tcpi_last_ack_recv));
}

}  // namespace

void tune_tcp(int descriptor) {
  set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, 15);
  set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 3);
  set(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, 30'000);  // milliseconds
}

PathCheck::PathCheck(Executor executor, int descriptor, std::function<void()> dead, PathCheckTimes times)
    : descriptor_(descriptor),
      dead_(std::move(dead)),
      times_(times),
      first_verdict_(Clock::now() + times_.dead_after),
      watchdog_(executor, [this] { look(); }) {
  // Without a user timeout, or the first probe lost would be the end of a connection that was idle for longer than it.
  set(descriptor_, IPPROTO_TCP, TCP_USER_TIMEOUT, 0);
  set(descriptor_, IPPROTO_TCP, TCP_KEEPCNT, 127);  // look() counts
  set(descriptor_, IPPROTO_TCP, TCP_KEEPINTVL, 1);
  set(descriptor_, IPPROTO_TCP, TCP_KEEPIDLE, 1);  // which sends the first probe now, if it has been idle for longer
  prolong();
  watchdog_.arm(kLookEvery);
}

void PathCheck::prolong() {
  ends_ = Clock::now() + times_.lasts;
}

void PathCheck::look() {
  const auto now = Clock::now();
  const auto silent_for = silence(descriptor_);
  if (now >= first_verdict_ && silent_for && *silent_for >= times_.dead_after) {
    over_ = true;
    const auto dead = std::move(dead_);  // which may destroy this
    dead();
  } else if (now >= ends_ || !silent_for) {
    over_ = true;
    tune_tcp(descriptor_);
  } else {
    watchdog_.arm(kLookEvery);
  }
}

bool has_lost_its_address(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return false;
  if (address.ss_family == AF_INET)
    reinterpret_cast<sockaddr_in&>(address).sin_port = 0;
  else if (address.ss_family == AF_INET6)
    reinterpret_cast<sockaddr_in6&>(address).sin6_port = 0;
  else
    return false;
  // The kernel knows best which addresses are ours: whole networks may be.
  const int probe = ::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  const bool lost = ::bind(probe, reinterpret_cast<const sockaddr*>(&address), size) != 0 && errno == EADDRNOTAVAIL;
  ::close(probe);
  return lost;
}

}  // namespace hardline
