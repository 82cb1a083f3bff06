#include "download_quota.hpp"

#include <algorithm>

namespace hardline::cache {
namespace {

using Nanoseconds = std::chrono::duration<double, std::nano>;

constexpr Nanoseconds kFillTime = std::chrono::hours(1);

/// Less than an octet is nothing: a sum of fractions need not come to zero exactly.
constexpr double kOctet = 1;

/// Beyond what anybody waits for, and little enough to be added to any time.
constexpr std::chrono::hours kLongestDelay(365 * 24);

}  // namespace

DownloadQuota::DownloadQuota(std::uint64_t octets_per_hour, Clock::time_point now)
    : capacity_(static_cast<double>(octets_per_hour)), left_(capacity_), filled_at_(now) {}

void DownloadQuota::take(std::uint64_t octets, Clock::time_point now) {
  if (capacity_ == 0) return;
  refill(now);
  left_ -= static_cast<double>(octets);
}

bool DownloadQuota::is_empty(Clock::time_point now) {
  if (capacity_ == 0) return false;
  refill(now);
  return left_ < kOctet;
}

DownloadQuota::Clock::duration DownloadQuota::delay(Clock::time_point now) {
  if (capacity_ == 0) return {};
  refill(now);
  if (left_ > -kOctet) return {};
  const auto wait = kFillTime * (-left_ / capacity_);
  return wait < kLongestDelay ? std::chrono::ceil<Clock::duration>(wait) : kLongestDelay;
}

void DownloadQuota::refill(Clock::time_point now) {
  if (now <= filled_at_) return;
  left_ = std::min(capacity_, left_ + capacity_ * (Nanoseconds(now - filled_at_) / kFillTime));
  filled_at_ = now;
}

}  // namespace hardline::cache
