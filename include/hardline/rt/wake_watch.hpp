// Notices that the machine slept, or that its clock was set: connections may be dead then, and what was due is overdue.
//
// A timer that the kernel cancels when the wall clock is set (timerfd_create(2): TFD_TIMER_CANCEL_ON_SET), which is
// also how waking up looks to it. So the news comes at once, and until then nothing wakes the processor: looking at the
// clocks every few seconds would keep a laptop from its rest, and a late timer tells late.
#pragma once

#include <chrono>
#include <optional>

#include "hardline/rt/asio.hpp"
#include "hardline/rt/event.hpp"

namespace hardline {

struct ClockJump {
  std::chrono::seconds slept{0};       ///< 0: it did not sleep
  std::chrono::seconds wall_clock{0};  ///< how far the wall clock was set forward, or back if negative

  friend bool operator==(const ClockJump&, const ClockJump&) = default;
};

/// A shorter sleep kills no connection. A wall clock is set by less all the time, and nothing here is that exact.
inline constexpr auto kSleepThatMatters = std::chrono::seconds(5);
inline constexpr auto kClockJumpThatMatters = std::chrono::seconds(30);

class WakeWatch {
 public:
  /// Where the clocks stand, since whenever each began.
  struct Clocks {
    std::chrono::nanoseconds awake;  ///< CLOCK_MONOTONIC
    std::chrono::nanoseconds all;    ///< CLOCK_BOOTTIME: asleep too
    std::chrono::nanoseconds wall;   ///< CLOCK_REALTIME
  };
  using ReadClocks = Clocks (*)();

  /// Where the kernel gives no such timer, a log line says so and wait() waits for close() only.
  explicit WakeWatch(Executor executor);
  /// For tests: the clocks are looked at when `signal`, a descriptor that is taken over, becomes readable.
  WakeWatch(Executor executor, int signal, ReadClocks clocks);

  /// Completes when the machine has slept, or the wall clock was set, since the last time. nullopt after close().
  awaitable<std::optional<ClockJump>> wait();
  void close();

 private:
  void arm();
  std::optional<ClockJump> look();

  asio::posix::stream_descriptor signal_;
  ReadClocks clocks_;
  Clocks last_;
  Event closing_;
  bool closed_ = false;
};

}  // namespace hardline
