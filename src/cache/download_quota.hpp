// How much may be fetched from upstream: a token bucket that holds one hour's worth (downloadRateLimit).
#pragma once

#include <chrono>
#include <cstdint>

namespace hardline::cache {

class DownloadQuota {
 public:
  using Clock = std::chrono::steady_clock;

  /// Full at `now`. `octets_per_hour` 0: no limit.
  DownloadQuota(std::uint64_t octets_per_hour, Clock::time_point now);

  /// Octets were received; the bucket may owe them.
  void take(std::uint64_t octets, Clock::time_point now);

  /// Whether nothing is left: what can be served from a copy is, without asking upstream.
  bool is_empty(Clock::time_point now);

  /// How long to wait before the next piece is received, so that what comes with an empty bucket comes as fast as the
  /// bucket fills. Zero while there is something in it.
  Clock::duration delay(Clock::time_point now);

 private:
  void refill(Clock::time_point now);

  double capacity_;  ///< octets; 0: no limit
  double left_;      ///< octets; below zero what is owed
  Clock::time_point filled_at_;
};

}  // namespace hardline::cache
