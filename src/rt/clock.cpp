#include "hardline/rt/clock.hpp"

#include <utility>

namespace hardline {

Clock::time_point Clock::now() {
  const auto* source = source_.load(std::memory_order_acquire);
  return source ? source->now() : std::chrono::steady_clock::now();
}

Clock::Source* Clock::replace(Source* source) {
  return source_.exchange(source, std::memory_order_acq_rel);
}

void Timer::expires_at(Clock::time_point deadline) {
  leave_source();
  expiry_ = deadline;
  source_ = Clock::source_.load(std::memory_order_acquire);
  timer_.expires_at(source_ ? Clock::time_point::max() : deadline);
  if (source_) source_->add(*this, deadline);
}

void Timer::cancel() {
  leave_source();
  timer_.cancel();
}

void Timer::wake() {
  source_ = nullptr;
  timer_.cancel();
}

void Timer::leave_source() {
  if (auto* source = std::exchange(source_, nullptr)) source->remove(*this);
}

}  // namespace hardline
