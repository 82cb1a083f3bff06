#include "hardline/tunnel/password_guard.hpp"

#include <algorithm>

#include "hardline/net/household.hpp"

namespace hardline::tunnel {
std::optional<PasswordGuard::Clock::duration> PasswordGuard::take_turn(const asio::ip::address& from,
                                                                       const KeyHash& service, Clock::time_point now) {
  const auto found = records_.find({household(from), service});
  if (found == records_.end() || found->second.failures < kFreeFailures) return Clock::duration::zero();
  auto& record = found->second;
  if (now - record.last_failure > kForgetAfter) {
    records_.erase(found);
    return Clock::duration::zero();
  }
  const int doublings = std::min(record.failures - kFreeFailures, 16);
  const auto turn = std::min<Clock::duration>(kFirstTurn * (1 << doublings), kLongestTurn);
  const auto start = std::max(now, record.next_turn);
  if (start + turn - now > kLongestQueue) return std::nullopt;
  record.next_turn = start + turn;
  return record.next_turn - now;
}

void PasswordGuard::failed(const asio::ip::address& from, const KeyHash& service, Clock::time_point now) {
  if (records_.size() >= kMaxRemembered) forget_old(now);
  auto& record = records_[{household(from), service}];
  if (now - record.last_failure > kForgetAfter) record = {};
  ++record.failures;
  record.last_failure = now;
}

void PasswordGuard::succeeded(const asio::ip::address& from, const KeyHash& service) {
  records_.erase({household(from), service});
}

void PasswordGuard::forget_old(Clock::time_point now) {
  std::erase_if(records_, [now](const auto& entry) { return now - entry.second.last_failure > kForgetAfter; });
  if (records_.size() < kMaxRemembered) return;
  records_.erase(std::min_element(records_.begin(), records_.end(), [](const auto& a, const auto& b) {
    return a.second.last_failure < b.second.last_failure;
  }));
}

}  // namespace hardline::tunnel
