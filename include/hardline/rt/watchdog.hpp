// One deadline for a whole session, moved as the session proceeds: cheaper than a timer for each operation, and free
// of the race of cancelling a timer that has just expired.
#pragma once

#include <functional>
#include <memory>

#include "hardline/rt/asio.hpp"
#include "hardline/rt/clock.hpp"

namespace hardline {

class Watchdog {
 public:
  /// `bite` runs on the io thread when a deadline passes, at most once for each arm(); it usually closes a stream.
  /// Never after the Watchdog is gone.
  Watchdog(Executor executor, std::function<void()> bite);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();

  /// Sets the deadline, in place of the one before.
  void arm(Clock::duration from_now);
  void disarm();

  /// Whether it has ever bitten.
  bool bitten() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace hardline
