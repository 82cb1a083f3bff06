// Where content in chunks ends (RFC 9112 section 7.1), for octets that are passed on as they are.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "hardline/base/result.hpp"

namespace hardline::http {

class ChunkMeter {
 public:
  ChunkMeter();
  ~ChunkMeter();

  /// How many of `octets`, the next ones, belong to the content, its trailer and last line end included: all of them
  /// before is_over(). Errc::malformed, or too_large for a line that does not end.
  Result<std::size_t> take(std::string_view octets);

  bool is_over() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hardline::http
