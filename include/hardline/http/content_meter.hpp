// Where a request's content ends, for octets that are passed on as they are.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "hardline/http/chunk_meter.hpp"
#include "hardline/http/forwarding.hpp"

namespace hardline::http {

class ContentMeter {
 public:
  explicit ContentMeter(const ForwardedHead& head) : left_(head.length) {
    if (head.content == ForwardedHead::Content::chunked) chunks_.emplace();
  }

  bool is_over() const { return chunks_ ? chunks_->is_over() : left_ == 0; }

  /// How many of `octets`, the next ones, belong to the content. The errors are ChunkMeter's.
  Result<std::size_t> take(std::string_view octets) {
    if (chunks_) return chunks_->take(octets);
    const auto taken = std::min<std::uint64_t>(octets.size(), left_);
    left_ -= taken;
    return taken;
  }

 private:
  std::uint64_t left_ = 0;            ///< where its length was told
  std::optional<ChunkMeter> chunks_;  ///< where it comes in chunks
};

}  // namespace hardline::http
