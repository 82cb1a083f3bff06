// How often strangers are answered: a search's source can be spoofed, and an answer is longer than a search.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>

#include "hardline/rt/asio.hpp"

namespace hardline::lan {

/// `rate` events a second, after a rest up to `burst` of them at once.
class TokenBucket {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  TokenBucket(double rate, double burst, TimePoint now) : rate_(rate), burst_(burst), tokens_(burst), filled_(now) {}

  bool has_token(TimePoint now) const { return tokens(now) >= 1; }
  void take(TimePoint now);
  /// As good as new: forgetting it changes nothing.
  bool is_full(TimePoint now) const { return tokens(now) >= burst_; }

 private:
  double tokens(TimePoint now) const;

  double rate_;
  double burst_;
  double tokens_;
  TimePoint filled_;
};

/// A person who looks at a list of services searches once in a while, and each search is repeated a few times at most.
inline constexpr double kRepliesPerSource = 10;  // a second
inline constexpr double kReplyBurstPerSource = 20;
/// 100 datagrams of some 300 octets are 30 kB/s: nothing to a LAN, wireless ones included.
inline constexpr double kRepliesInTotal = 100;  // a second
inline constexpr double kReplyBurstInTotal = 100;
/// Sources whose buckets are not full. Spoofed ones may fill the table; then unknown sources wait a second or two.
inline constexpr std::size_t kMaxReplySources = 256;

class ReplyLimiter {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit ReplyLimiter(TimePoint now) : total_(kRepliesInTotal, kReplyBurstInTotal, now) {}

  /// May one datagram be sent to `source` now? If so it is counted.
  bool admit_to(const asio::ip::address_v4& source, TimePoint now);

  /// May one datagram be sent to everybody now? If so it is counted.
  bool admit_to_all(TimePoint now);

  std::size_t sources() const { return sources_.size(); }

 private:
  TokenBucket total_;
  std::map<asio::ip::address_v4, TokenBucket> sources_;
};

}  // namespace hardline::lan
