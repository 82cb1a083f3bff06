#include "hardline/net/path_check.hpp"

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "hardline/rt/clock.hpp"

namespace hardline {
namespace {

constexpr auto kLookEvery = std::chrono::seconds(1);
constexpr auto kSoonest = std::chrono::milliseconds(50);  // the kernel counts in ticks of its own
/// Lost in a row they prove something: one is lost now and then, and two where a wireless network is busy.
constexpr int kProbes = 3;

void set(int descriptor, int level, int option, int value) {
  ::setsockopt(descriptor, level, option, &value, sizeof value);
}

/// What the kernel knows of the other side.
struct Health {
  Clock::duration silent_for;  ///< nothing at all has come in
  bool under_way;              ///< something was written that the other side has not acknowledged
  bool unanswered;             ///< there is reason to expect an answer
};

/// nullopt where the kernel does not say, as of a Unix socket.
std::optional<Health> health_of(int descriptor) {
  tcp_info info{};
  socklen_t size = sizeof info;
  int not_acknowledged = 0;
  if (::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  if (::ioctl(descriptor, SIOCOUTQ, &not_acknowledged) != 0) return std::nullopt;
  Health health;
  health.silent_for = std::chrono::milliseconds(std::min(info.tcpi_last_data_recv, info.tcpi_last_ack_recv));
  health.under_way = not_acknowledged > 0;
  // Where the other side has no room, nothing is on its way to it but a probe now and then, in the end every two
  // minutes.
  health.unanswered = !health.under_way || info.tcpi_unacked > 0 || info.tcpi_probes >= kProbes;
  return health;
}

}  // namespace

void tune_tcp(int descriptor) {
  set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, 8);
  set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, 3);
  set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, kProbes);
}

DeliveryWatch::DeliveryWatch(Executor executor, int descriptor, std::function<void()> dead, Clock::duration dead_after)
    : descriptor_(descriptor),
      dead_(std::move(dead)),
      dead_after_(dead_after),
      watchdog_(executor, [this] { look(); }) {}

void DeliveryWatch::sent() {
  if (std::exchange(looking_, true)) return;
  watchdog_.arm(dead_after_);
}

void DeliveryWatch::look() {
  looking_ = false;
  const auto health = health_of(descriptor_);
  if (!health || !health->under_way) return;
  if (health->unanswered && health->silent_for >= dead_after_) {
    const auto dead = std::move(dead_);  // which may destroy this
    return dead();
  }
  looking_ = true;
  const auto left = dead_after_ - health->silent_for;
  watchdog_.arm(left > left.zero() ? std::max<Clock::duration>(left, kSoonest) : dead_after_ / 5);
}

PathCheck::PathCheck(Executor executor, int descriptor, std::function<void()> dead, PathCheckTimes times)
    : descriptor_(descriptor),
      dead_(std::move(dead)),
      times_(times),
      first_verdict_(Clock::now() + times_.dead_after),
      watchdog_(executor, [this] { look(); }) {
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
  const auto health = health_of(descriptor_);
  if (now >= first_verdict_ && health && health->unanswered && health->silent_for >= times_.dead_after) {
    over_ = true;
    const auto dead = std::move(dead_);  // which may destroy this
    dead();
  } else if (now >= ends_ || !health) {
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
