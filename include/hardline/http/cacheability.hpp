// What an answer's fields say about keeping it (RFC 9111), and what a request's say about the encodings it takes.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "hardline/http/fields.hpp"

namespace hardline::http {

struct CacheControl {
  bool no_store = false;
  bool is_private = false;
  bool no_cache = false;                        ///< to be validated each time
  std::optional<std::chrono::seconds> max_age;  ///< s-maxage or Expires where they hold; at most ten years
};

/// Of all Cache-Control fields together. What forbids counts whatever value comes with it; an age that breaks the
/// grammar is 0, and the least of several counts (RFC 9111 section 4.2.1: treat as stale).
CacheControl parse_cache_control(const HeaderFields& fields);

/// Whether an answer may be kept for everybody: status 200, 301 or 308, no Set-Cookie, not private, not no-store, no
/// Content-Range, and a Vary on nothing or Accept-Encoding alone.
bool is_storable(int status, const HeaderFields& fields);

/// Whether an answer's Content-Encoding is gzip alone.
bool is_gzip(const HeaderFields& fields);

/// Whether the request's Accept-Encoding takes gzip: named, or `*`, and not with `q=0`. What has no Accept-Encoding is
/// not sure to understand it.
bool accepts_gzip(const HeaderFields& request);

/// Whether a field belongs to one connection and is not passed on: those of RFC 9110 section 7.6.1, those of
/// a proxy's login, and those that `fields`' Connection names.
bool is_hop_by_hop(std::string_view name, const HeaderFields& fields);

}  // namespace hardline::http
