// Whether what a browser has, or has the first half of, is still what we have (RFC 9110 section 13).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "hardline/http/fields.hpp"

namespace hardline::http {

/// What tells one version of a file from another.
struct Validators {
  std::string etag;  ///< with its quotes and, if it is weak, its `W/`; empty if there is none
  std::optional<std::chrono::system_clock::time_point> last_modified;
};

enum class Condition {
  proceed,
  not_modified,         ///< 304
  precondition_failed,  ///< 412
};

/// The conditions of a GET or HEAD for something that exists, in the order of RFC 9110 section 13.2.2. Headers that
/// break their grammar are passed over; an If-Match or If-None-Match still rules out the date that goes with it.
Condition evaluate_conditions(const HeaderFields& request, const Validators& current);

/// Whether If-Range, if there is one, lets Range be heeded: strong comparison for an ETag, an exact date otherwise.
/// What is neither is not current.
bool range_is_current(const HeaderFields& request, const Validators& current);

}  // namespace hardline::http
