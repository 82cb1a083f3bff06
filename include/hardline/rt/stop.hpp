// How one coroutine tells another that nobody waits for its result any more.
#pragma once

#include "hardline/rt/event.hpp"

namespace hardline {

/// io thread only. Who can be stopped waits on `changed`, and looks at requested() each time it wakes.
class Stop {
 public:
  explicit Stop(Executor executor) : changed(executor) {}

  void request() {
    requested_ = true;
    changed.notify();
  }
  bool requested() const { return requested_; }

  Event changed;

 private:
  bool requested_ = false;
};

}  // namespace hardline
