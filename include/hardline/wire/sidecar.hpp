// What a cache keeps of an answer besides its content: a JSON object of header fields, beside the copy (docs/cache.md).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "hardline/http/fields.hpp"

namespace hardline::wire {

inline constexpr std::size_t kMaxSidecar = 64 * 1024;  ///< octets

struct Sidecar {
  int status = 200;    ///< 200, 301 or 308, as `:status`; HardlineP2P's have none
  std::string target;  ///< of the request, as `:target`, for copies whose name is a hash; empty where it is not said
  http::HeaderFields fields;

  friend bool operator==(const Sidecar&, const Sidecar&) = default;
};

/// Whether a field of an answer is worth keeping. Such fields describe the content, or say how a browser may use it.
/// Fields of one connection, one visitor or one moment are not kept.
bool is_kept(std::string_view field_name);

/// `{"Content-Type": "text/html", …}`. Fields that are not kept, and names or values that no header may hold, are
/// left out; fields of one name are joined. A character up to U+00FF is one octet of a value, as HardlineP2P has it,
/// and values with others are left out. nullopt for what is no JSON object, holds a `:status` other than those three,
/// or is above kMaxSidecar.
std::optional<Sidecar> parse_sidecar(std::string_view text);

/// The inverse. Fields of one name are joined. Fields that are not kept are left out, and so is Content-Length, which
/// the file itself tells. If the text would be above kMaxSidecar, the longest fields are left out.
std::string format_sidecar(const Sidecar& sidecar);

}  // namespace hardline::wire
