#include "hardline/dht/network_clock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "hardline/base/log.hpp"
#include "hardline/base/rolling_code.hpp"

namespace hardline::dht {
namespace {

/// `3 h 20 min`, as exact as a person needs it.
std::string in_words(std::chrono::seconds span) {
  using namespace std::chrono;
  const auto minutes_in_all = duration_cast<minutes>(abs(span)).count();
  if (minutes_in_all < 60) return fmt::format("{} min", minutes_in_all);
  if (minutes_in_all < 48 * 60) return fmt::format("{} h {} min", minutes_in_all / 60, minutes_in_all % 60);
  return fmt::format("{} days", minutes_in_all / (24 * 60));
}

}  // namespace

void NetworkClock::observe(std::chrono::system_clock::time_point date) {
  const auto days_before = days();
  correct(date);
  if (days() != days_before) tell();
}

void NetworkClock::was_set() {
  const auto days_before = days();
  error_.reset();
  if (days() != days_before) tell();
}

void NetworkClock::tell() {
  const auto listeners = *listeners_;  // they may come and go meanwhile
  for (const auto& [id, changed] : listeners)
    if (listeners_->contains(id)) changed();
}

std::shared_ptr<void> NetworkClock::listen(std::function<void()> changed) {
  const auto id = listened_++;
  listeners_->emplace(id, std::move(changed));
  return {nullptr, [id, listeners = listeners_](void*) { listeners->erase(id); }};
}

void NetworkClock::correct(std::chrono::system_clock::time_point date) {
  const auto error = std::chrono::duration_cast<std::chrono::seconds>(date - now());
  const bool confirms = error_ && abs(error - *error_) <= kClockErrorThatMatters;
  if (error_ && !confirms && abs(now() - corrected_at_) < kCorrectionHolds) return;
  if (abs(error) <= kClockErrorThatMatters) {
    if (error_ && agreed_.admit()) log::info("clock: agrees with what others say again");
    error_.reset();
    return;
  }
  if (!error_ && contradicted_.admit())
    log::warn("clock: this computer's clock is {} {} what others say; services are looked up under their day too",
              in_words(error), error > error.zero() ? "behind" : "ahead of");
  if (!confirms) corrected_at_ = now();  // who confirms a lie does not prolong it
  error_ = error;
}

std::vector<std::uint64_t> NetworkClock::days() const {
  std::vector<std::uint64_t> days;
  const auto add = [&days](std::uint64_t day) {
    if (std::find(days.begin(), days.end(), day) == days.end()) days.push_back(day);
  };
  const auto own = now();
  const auto corrected = own + error_.value_or(std::chrono::seconds(0));
  for (const auto time : {corrected, own}) add(rolling_day(time));
  for (const auto time : {corrected, own})
    for (const auto day : rolling_days_near(time)) add(day);
  return days;
}

}  // namespace hardline::dht
