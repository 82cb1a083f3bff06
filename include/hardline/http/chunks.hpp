// Takes octets out of the chunks that they come in (RFC 9112 section 7.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hardline::http {

/// A state machine without a buffer: what it hands out is part of what it was given.
class ChunkReader {
 public:
  /// Octets of a line beside its size, or of all trailers, that are passed over.
  static constexpr std::size_t kMaxPassedOver = 8 * 1024;

  /// The next octets of content in `framed`, which loses them and what frames them. Empty when all of `framed` is used
  /// up, or is_done(), or is_broken(); call again with more in the first case.
  std::string_view next(std::string_view& framed);

  bool is_done() const { return state_ == State::done; }      ///< the last chunk has come: a proper end
  bool is_broken() const { return state_ == State::broken; }  ///< what came are no chunks

 private:
  enum class State { size, extension, size_end, content, content_cr, content_end, trailer, trailer_end, done, broken };

  State take(char c);
  State take_size(char c);
  State take_trailer(char c);
  State pass_over(State state);

  State state_ = State::size;
  std::uint64_t left_ = 0;       ///< of this chunk's content
  bool has_digits_ = false;      ///< of its size
  std::size_t passed_over_ = 0;  ///< octets, of this extension or of the trailers
  bool line_is_empty_ = true;    ///< of the trailers
};

}  // namespace hardline::http
