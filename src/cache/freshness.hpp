// Whether a copy may be served without asking upstream (docs/cache.md).
#pragma once

#include <chrono>

#include "folder.hpp"
#include "hardline/http/cacheability.hpp"

namespace hardline::cache {

/// A copy dated this far ahead was dated by a clock that was wrong, and is not fresh.
inline constexpr auto kClockSlack = std::chrono::minutes(5);

/// How old a copy is; zero for one from the future.
std::chrono::seconds age_of(FileTime confirmed, FileTime now);

/// `confirmed` is when upstream last said that it is current. maxAge is an upper bound: an answer that said `no-cache`
/// or a shorter max-age itself is asked about sooner.
bool is_fresh(FileTime confirmed, FileTime now, std::chrono::seconds max_age, const http::CacheControl& said);

}  // namespace hardline::cache
