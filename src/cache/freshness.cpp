#include "freshness.hpp"

#include <algorithm>

namespace hardline::cache {

std::chrono::seconds age_of(FileTime confirmed, FileTime now) {
  // Files can be dated centuries away: times before 1970 count as 1970, so that no difference overflows.
  confirmed = std::max(confirmed, FileTime());
  if (confirmed >= now) return {};
  return std::chrono::floor<std::chrono::seconds>(now - confirmed);
}

bool is_fresh(FileTime confirmed, FileTime now, std::chrono::seconds max_age, const http::CacheControl& said) {
  if (said.no_cache) return false;
  if (now < FileTime()) return false;  // a clock that was never set knows no age
  if (confirmed > now && confirmed - now > kClockSlack) return false;
  return age_of(confirmed, now) < std::min(max_age, said.max_age.value_or(max_age));
}

}  // namespace hardline::cache
