// What a tunnel carries bytes between: a socket, a TLS connection, later a stream of a multiplexed one.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>
#include <system_error>

#include "hardline/base/result.hpp"
#include "hardline/rt/asio.hpp"

namespace hardline {

/// A non-blocking duplex byte stream. Waiting and moving bytes are separate, so that an idle stream holds no buffer:
/// wait with readable(), borrow one, then read_now(). One coroutine may read while another writes.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  /// Suspends until read_now() may make progress. An error only where waiting itself failed.
  virtual awaitable<std::error_code> readable() = 0;

  /// Octets read into `buffer`, 0 at the end of the stream, or an error. `would_block()` when there is nothing yet.
  virtual Result<std::size_t> read_now(std::span<std::byte> buffer) = 0;

  virtual awaitable<std::error_code> writable() = 0;

  /// Octets taken from `data`, at least 1 of a non-empty one. After would_block() call again with the same octets.
  virtual Result<std::size_t> write_now(std::span<const std::byte> data) = 0;

  /// Says that nothing more will be written; reading goes on (a half-close).
  virtual awaitable<void> end_writing() = 0;

  /// Suspends until the connection has failed (reset, or its path found dead by keep-alive) or is interrupted. For a
  /// stream whose end was read, and that nobody reads any more.
  virtual awaitable<void> failed() = 0;

  /// Makes waiting coroutines come back with operation_aborted; the stream stays usable.
  virtual void interrupt() = 0;

  /// Ends both directions; what was written is still delivered. Waiting coroutines come back with an error.
  virtual void close() = 0;

  /// Ends both directions in a way that the other side sees as a failure, never as a proper end.
  virtual void abort() = 0;

  /// Whether the other side is known to have gone altogether, rather than to have ended its own direction: a program
  /// that was killed. A Unix socket tells; TCP does not.
  virtual bool is_hung_up() { return false; }

  /// The network has changed, or this machine slept: abort() now if the stream's path is gone, within seconds if it
  /// turns out to be dead. Does nothing where there is no path.
  virtual void check_path() {}
};

inline std::error_code would_block() {
  return std::make_error_code(std::errc::operation_would_block);
}

/// At least one octet, 0 at the end, or an error.
awaitable<Result<std::size_t>> read_some(ByteStream& from, std::span<std::byte> buffer);

/// All of `data`, or the error that kept it from being written.
awaitable<std::error_code> write_all(ByteStream& to, std::span<const std::byte> data);

/// Ends writing, then reads and discards until the other side ends too, for at most `kLingerTime` and `kMaxLingered`
/// octets, then closes. Closing with input unread makes TCP send a reset, which can overtake the last thing written.
inline constexpr auto kLingerTime = std::chrono::seconds(2);
inline constexpr std::size_t kMaxLingered = 4 * 1024 * 1024;
awaitable<void> linger_and_close(ByteStream& stream);

inline std::span<const std::byte> as_octets(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace hardline
