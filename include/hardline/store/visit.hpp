// What is kept of opening services: how it went the last time, and what browsers were shown under a label.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hardline/base/key_hash.hpp"

namespace hardline::store {

struct Visit {
  using Time = std::chrono::system_clock::time_point;

  std::optional<Time> reached;  ///< when it last was
  std::string path;             ///< how then: a source_word(), as "lan"
  std::optional<Time> missed;   ///< when it was looked for in vain, if that is later
  std::string problem;          ///< why, for a person; hostile text may be in it

  friend bool operator==(const Visit&, const Visit&) = default;
};

using Visits = std::vector<std::pair<KeyHash, Visit>>;

/// Who keeps data under a label: a browser, for one port, as its storage goes by origin.
struct Keeper {
  int port = 0;
  std::string browser = {};  ///< the same for the same one; without spaces

  friend bool operator==(const Keeper&, const Keeper&) = default;
};

struct Shown {
  /// And its Keeper: "nas 7009 BROWSER". "nas" alone, written by older versions, is of an unknown one.
  std::string label;
  KeyHash key;
  std::int64_t number = 0;  ///< grows: the lowest was shown first

  friend bool operator==(const Shown&, const Shown&) = default;
};

}  // namespace hardline::store
