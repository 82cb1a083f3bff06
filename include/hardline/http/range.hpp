// Parts of a file, as a browser asks for them to seek in a film (RFC 9110 section 14).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hardline::http {

/// Octets `first` to `first + length - 1`; `length` is at least 1.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;

  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// More parts than this, or parts that add up to more than the whole, are a whole answer: a request must not make us
/// send more than the file (RFC 9110 section 17.15).
inline constexpr std::size_t kMaxRanges = 16;

struct RangeRequest {
  enum class Kind {
    whole,          ///< 200: no ranges, or none that must be heeded
    parts,          ///< 206
    unsatisfiable,  ///< 416: a valid header none of whose ranges lies in the file
  };
  Kind kind = Kind::whole;
  std::vector<ByteRange> parts;  ///< in the order of the request, each within the file

  friend bool operator==(const RangeRequest&, const RangeRequest&) = default;
};

/// A Range header's value, for a file of `size` octets. What is not `bytes=…`, or breaks the grammar, is `whole`;
/// so are the last octets of an empty file, which has no parts.
RangeRequest parse_range(std::string_view value, std::uint64_t size);

}  // namespace hardline::http
