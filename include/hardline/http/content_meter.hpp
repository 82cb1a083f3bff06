// Where a message's content ends (RFC 9112 section 6.3): taking it out of its framing, or passing it on as it is.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "hardline/base/errc.hpp"
#include "hardline/base/result.hpp"
#include "hardline/http/chunks.hpp"
#include "hardline/http/forwarding.hpp"

namespace hardline::http {

class ContentReader {
 public:
  /// Of `length` octets.
  explicit ContentReader(std::uint64_t length) : left_(length) {}
  static ContentReader in_chunks() {
    ContentReader reader(0);
    reader.chunks_.emplace();
    return reader;
  }
  /// As long as the connection.
  static ContentReader until_end() {
    ContentReader reader(std::numeric_limits<std::uint64_t>::max());
    reader.ends_with_connection_ = true;
    return reader;
  }

  /// The next octets of content in `framed`, which loses them and what frames them: part of it, and nothing is copied.
  /// Empty when `framed` has none (any more): it is used up then unless is_over() or error().
  std::string_view next(std::string_view& framed) {
    if (chunks_) return chunks_->next(framed);
    const auto content = framed.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(framed.size(), left_)));
    framed.remove_prefix(content.size());
    if (!ends_with_connection_) left_ -= content.size();
    return content;
  }

  /// Never of content that ends with its connection.
  bool is_over() const { return chunks_ ? chunks_->is_done() : left_ == 0; }
  bool ends_with_connection() const { return ends_with_connection_; }

  /// Octets that are announced: of the content, or of the present chunk.
  std::uint64_t left() const { return chunks_ ? chunks_->left() : left_; }

  /// Errc::malformed, or too_large for a line of chunks that does not end; none while all is well.
  std::error_code error() const {
    if (!chunks_ || !chunks_->is_broken()) return {};
    return chunks_->is_too_long() ? Errc::too_large : Errc::malformed;
  }

 private:
  std::uint64_t left_;
  std::optional<ChunkReader> chunks_;
  bool ends_with_connection_ = false;
};

/// Counts content that is passed on as it is.
class ContentMeter {
 public:
  explicit ContentMeter(const ForwardedHead& head)
      : content_(head.content == ForwardedHead::Content::chunked ? ContentReader::in_chunks()
                                                                 : ContentReader(head.length)) {}

  bool is_over() const { return content_.is_over(); }

  /// How many of `octets`, the next ones, belong to the content, trailers and last line end included: all of them
  /// before is_over(). The errors are ContentReader's.
  Result<std::size_t> take(std::string_view octets) {
    auto rest = octets;
    while (!content_.next(rest).empty()) {
    }
    if (const auto error = content_.error()) return fail(error);
    return octets.size() - rest.size();
  }

 private:
  ContentReader content_;
};

}  // namespace hardline::http
