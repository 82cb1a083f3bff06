#include "hardline/rt/watchdog.hpp"

namespace hardline {

struct Watchdog::State {
  State(Executor executor, std::function<void()> b) : timer(executor), bite(std::move(b)) {}

  Timer timer;
  std::function<void()> bite;
  Clock::time_point deadline = Clock::time_point::max();
  bool waiting = false;
  bool bitten = false;
};

namespace {

// The timer is left alone when a deadline moves later, and looks at the deadline again when it wakes.
template <class State>
void wait(const std::shared_ptr<State>& state) {
  state->waiting = true;
  state->timer.expires_at(state->deadline);
  state->timer.async_wait([weak = std::weak_ptr(state)](const AsioError&) {
    const auto self = weak.lock();
    if (!self) return;
    self->waiting = false;
    if (self->deadline == Clock::time_point::max()) return;
    if (Clock::now() < self->deadline) return wait(self);
    self->deadline = Clock::time_point::max();
    self->bitten = true;
    self->bite();
  });
}

}  // namespace

Watchdog::Watchdog(Executor executor, std::function<void()> bite)
    : state_(std::make_shared<State>(executor, std::move(bite))) {}

Watchdog::~Watchdog() {
  state_->timer.cancel();
}

void Watchdog::arm(Clock::duration from_now) {
  state_->deadline = Clock::now() + from_now;
  if (!state_->waiting)
    wait(state_);
  else if (state_->deadline < state_->timer.expiry())
    state_->timer.cancel();  // its handler waits anew
}

void Watchdog::disarm() {
  state_->deadline = Clock::time_point::max();
}

bool Watchdog::bitten() const {
  return state_->bitten;
}

}  // namespace hardline
