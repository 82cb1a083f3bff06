// What day it is for rolling codes: this machine's clock, and what others say where it is wrong.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "hardline/base/log.hpp"

namespace hardline::dht {

/// A clock that is off by less is left alone: rolling codes are looked for two hours into the neighbouring day.
inline constexpr auto kClockErrorThatMatters = std::chrono::minutes(5);

/// A correction holds for so long, whatever others say: each change of days() moves all that is put and looked for.
inline constexpr auto kCorrectionHolds = std::chrono::minutes(10);

/// io thread only. A stranger's `Date` may be a lie: a correction adds days to look under, it takes none away.
class NetworkClock {
 public:
  using Now = std::chrono::system_clock::time_point (*)();
  explicit NetworkClock(Now now = std::chrono::system_clock::now) : now_(now) {}
  NetworkClock(const NetworkClock&) = delete;
  NetworkClock& operator=(const NetworkClock&) = delete;

  /// This machine's own clock.
  std::chrono::system_clock::time_point now() const { return now_(); }

  /// An HTTP Date header (RFC 9110 section 6.6.1) that has just come in. The first that contradicts the clock is
  /// logged, and again when it agrees; each at most once an hour.
  void observe(std::chrono::system_clock::time_point date);

  /// This machine's clock was set: what was wrong with it before says nothing any more.
  void was_set();

  /// How far this machine's clock is behind the correction that holds; nullopt if there is none.
  std::optional<std::chrono::seconds> error() const { return error_; }

  /// The days to put and look up under: the corrected one first, then this clock's own, then neighbours near midnight;
  /// each once. One to four.
  std::vector<std::uint64_t> days() const;

  /// `changed` is called from inside observe() and was_set() when that has changed days(), until what is returned is
  /// gone, which may be from inside the call. That midnight has come it does not tell.
  [[nodiscard]] std::shared_ptr<void> listen(std::function<void()> changed);

 private:
  using Listeners = std::map<unsigned, std::function<void()>>;

  void correct(std::chrono::system_clock::time_point date);
  void tell();

  static constexpr auto kLogEvery = std::chrono::hours(1);  // proxies that contradict each other

  Now now_;
  std::optional<std::chrono::seconds> error_;
  std::chrono::system_clock::time_point corrected_at_;  ///< by now_, so that a clock that is set ends the correction
  log::Limiter contradicted_{kLogEvery};
  log::Limiter agreed_{kLogEvery};
  std::shared_ptr<Listeners> listeners_ = std::make_shared<Listeners>();  ///< shared with those who may outlive this
  unsigned listened_ = 0;
};

}  // namespace hardline::dht
