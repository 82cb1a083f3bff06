#include "hardline/rt/wake_watch.hpp"

#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <limits>
#include <system_error>

#include "hardline/base/log.hpp"

namespace hardline {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

nanoseconds read_clock(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

WakeWatch::Clocks read_clocks() {
  return {read_clock(CLOCK_MONOTONIC), read_clock(CLOCK_BOOTTIME), read_clock(CLOCK_REALTIME)};
}

int make_timer() {
  const int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd < 0)
    log::warn("clock: waking from sleep will go unnoticed: timerfd: {}", std::system_category().message(errno));
  return fd;
}

}  // namespace

WakeWatch::WakeWatch(Executor executor) : WakeWatch(executor, make_timer(), read_clocks) {}

WakeWatch::WakeWatch(Executor executor, int signal, ReadClocks clocks)
    : signal_(executor), clocks_(clocks), last_(clocks()), closing_(executor) {
  if (signal < 0) return;
  signal_.assign(signal);
  arm();
}

/// Never expires: it is there to be cancelled. On a test's descriptor, which is no timer, this does nothing.
void WakeWatch::arm() {
  itimerspec never{};
  never.it_value.tv_sec = std::numeric_limits<time_t>::max();
  timerfd_settime(signal_.native_handle(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr);
}

awaitable<std::optional<ClockJump>> WakeWatch::wait() {
  if (!signal_.is_open()) {
    while (!closed_) co_await closing_.wait();
    co_return std::nullopt;
  }
  for (;;) {
    AsioError ec;
    co_await signal_.async_wait(asio::posix::stream_descriptor::wait_read, redirect_error(use_awaitable, ec));
    if (closed_) co_return std::nullopt;
    std::uint64_t ignored = 0;
    [[maybe_unused]] const auto length = ::read(signal_.native_handle(), &ignored, sizeof ignored);  // ECANCELED
    arm();
    const auto jump = look();
    if (jump) co_return jump;
  }
}

void WakeWatch::close() {
  closed_ = true;
  AsioError ignored;
  signal_.close(ignored);
  closing_.notify();
}

/// What was too small to matter is measured again with what comes next.
std::optional<ClockJump> WakeWatch::look() {
  const auto now = clocks_();
  const auto passed = now.all - last_.all;
  const auto slept = passed - (now.awake - last_.awake);
  const auto set = (now.wall - last_.wall) - passed;
  if (slept < kSleepThatMatters && std::chrono::abs(set) < kClockJumpThatMatters) return std::nullopt;
  last_ = now;
  return ClockJump{std::chrono::round<seconds>(slept), std::chrono::round<seconds>(set)};
}

}  // namespace hardline
