// Content in chunks (RFC 9112 section 7.1): taking it out of them, finding where it ends, and writing it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hardline::http {

/// A state machine without a buffer: what it hands out is part of what it was given. It is strict: no octets that it
/// takes for chunks are anything else to another reader.
class ChunkReader {
 public:
  /// Octets of a line beside its size, or of all trailers, that are passed over.
  static constexpr std::size_t kMaxPassedOver = 8 * 1024;

  /// The next octets of content in `framed`, which loses them and what frames them. Empty when all of `framed` is used
  /// up, or is_done(), or is_broken(); call again with more in the first case.
  std::string_view next(std::string_view& framed);

  bool is_done() const { return state_ == State::done; }  ///< the last chunk has come: a proper end
  bool is_broken() const { return state_ == State::broken || is_too_long(); }  ///< what came are no chunks
  bool is_too_long() const { return state_ == State::too_long; }               ///< more than kMaxPassedOver

  /// Octets of the present chunk's content that are still to come.
  std::uint64_t left() const { return left_; }

 private:
  enum class State {
    size,
    behind_size,
    extension,
    size_end,
    content,
    content_cr,
    content_end,
    trailer,
    trailer_name,
    trailer_value,
    trailer_end,
    last_end,
    done,
    broken,
    too_long
  };

  State take(char c);
  State take_size(char c);
  State take_behind_size(char c);
  State take_line(char c, State end);
  State take_trailer_name(char c);
  State pass_over(State state);

  State state_ = State::size;
  std::uint64_t left_ = 0;       ///< of this chunk's content
  bool has_digits_ = false;      ///< of its size
  std::size_t passed_over_ = 0;  ///< octets, of this extension or of the trailers
};

/// What stands before a chunk of `size` octets, which is not 0, and what behind it. `digits` is how many `size` has at
/// least, for whoever keeps room for it.
std::string chunk_start(std::size_t size, unsigned digits = 1);
inline constexpr std::string_view kChunkEnd = "\r\n";

/// `content`, which is not empty, as a chunk.
std::string write_chunk(std::string_view content);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace hardline::http
