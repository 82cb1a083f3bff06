// Carrying bytes between two streams, both ways, with half-close and back-pressure.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "hardline/net/byte_stream.hpp"

namespace hardline {

/// Buffers that are lent while bytes move and taken back before the borrower waits for more, so that idle
/// connections share a few. Io thread only.
class BufferPool {
 public:
  static constexpr std::size_t kBufferSize =
      64 * 1024;  // four TLS records; more did not go faster (docs/benchmarks.md)
  using Block = std::array<std::byte, kBufferSize>;

  struct GiveBack {
    BufferPool* pool;
    void operator()(Block* block) const { pool->give_back(block); }
  };
  using Loan = std::unique_ptr<Block, GiveBack>;

  Loan borrow();

  /// Buffers that are lent now.
  std::size_t lent() const { return lent_; }

 private:
  static constexpr std::size_t kMostKept = 32;
  void give_back(Block* block);
  std::vector<std::unique_ptr<Block>> free_;
  std::size_t lent_ = 0;
};

/// How one direction ended: octets carried, and the error unless the stream came to its proper end.
struct Carried {
  std::uint64_t octets = 0;
  std::error_code read_error;
  std::error_code write_error;
  bool stop = false;  ///< set it and interrupt `from` to make carry() return; both of a relay() leave `near` open
};

/// Moves bytes until `from` ends, either side fails, or it is stopped. `carried.octets` is up to date all the time.
awaitable<void> carry(ByteStream& from, ByteStream& to, BufferPool& buffers, Carried& carried);

struct RelayOptions {
  /// Old peers take a half-close for the end of everything. Then the end of `near` is not passed on to `far`; instead
  /// the tunnel is closed once nothing has come back for `kLegacyLinger`.
  bool far_cannot_half_close = false;
  /// Old peers again: the end of `near` is the end of everything there. It is passed on, and the tunnel is closed once
  /// nothing has come for `kLegacyLinger`.
  bool near_cannot_half_close = false;
  /// Leave `near` open for writing if `far` ends before its first octet, so that something can still be said to it.
  bool keep_near_if_far_is_silent = false;
};

/// After `near` ended, how long the answer may pause where one side is a peer that cannot be half-closed.
inline constexpr auto kLegacyLinger = std::chrono::seconds(30);

struct RelayOutcome {
  Carried to_far;
  Carried to_near;

  std::uint64_t octets() const { return to_far.octets + to_near.octets; }
};

/// Relays until both directions have ended, then closes both streams (but see keep_near_if_far_is_silent). A failure
/// on one stream aborts the other: a cut is never passed on as a proper end. `outcome` is up to date all the time.
awaitable<void> relay(ByteStream& near, ByteStream& far, BufferPool& buffers, RelayOptions options,
                      RelayOutcome& outcome);

}  // namespace hardline
