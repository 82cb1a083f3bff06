#include "hardline/lan/reply_limiter.hpp"

#include <algorithm>

namespace hardline::lan {

double TokenBucket::tokens(TimePoint now) const {
  const std::chrono::duration<double> rest = now - filled_;
  return std::min(burst_, tokens_ + rest.count() * rate_);
}

void TokenBucket::take(TimePoint now) {
  tokens_ = tokens(now) - 1;
  filled_ = now;
}

bool ReplyLimiter::admit_to(const asio::ip::address_v4& source, TimePoint now) {
  if (!total_.has_token(now)) return false;
  auto bucket = sources_.find(source);
  if (bucket == sources_.end()) {
    if (sources_.size() >= kMaxReplySources)
      std::erase_if(sources_, [now](const auto& entry) { return entry.second.is_full(now); });
    if (sources_.size() >= kMaxReplySources) return false;
    bucket = sources_.try_emplace(source, kRepliesPerSource, kReplyBurstPerSource, now).first;
  }
  if (!bucket->second.has_token(now)) return false;
  bucket->second.take(now);
  total_.take(now);
  return true;
}

bool ReplyLimiter::admit_to_all(TimePoint now) {
  if (!total_.has_token(now)) return false;
  total_.take(now);
  return true;
}

}  // namespace hardline::lan
