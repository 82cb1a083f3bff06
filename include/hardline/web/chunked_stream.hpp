// A connection on which what is written goes in chunks (RFC 9112 section 7.1), so that whoever reads them can tell the
// proper end from a cut, which a Unix socket alone does not say.
#pragma once

#include <string>

#include "hardline/net/byte_stream.hpp"

namespace hardline::web {

/// What is read is as it is; an end is an error where the other side, before our own end, has gone altogether. Closing
/// or aborting it without end_writing() is a cut.
class ChunkedStream final : public ByteStream {
 public:
  /// `early` is what was read of `below` already. `below` outlives it.
  ChunkedStream(ByteStream& below, std::string early) : below_(below), early_(std::move(early)) {}

  awaitable<std::error_code> readable() override;
  Result<std::size_t> read_now(std::span<std::byte> buffer) override;
  awaitable<std::error_code> writable() override;
  /// Each call begins a chunk of all of `data`, unless one is under way: the larger, the better.
  Result<std::size_t> write_now(std::span<const std::byte> data) override;
  /// Writes the last chunk, as soon as it is taken; aborts where a chunk was not written to its end.
  awaitable<void> end_writing() override;
  awaitable<void> failed() override;
  void interrupt() override;
  void close() override;
  void abort() override;
  void check_path() override;

 private:
  std::error_code write_framing();

  ByteStream& below_;
  std::string early_;
  std::string framing_;         ///< between the chunks' octets, and not written yet
  std::size_t chunk_left_ = 0;  ///< octets of the present one
  bool has_ended_ = false;      ///< what is written
};

}  // namespace hardline::web
