#include "hardline/net/byte_stream.hpp"

#include <array>

#include "hardline/rt/watchdog.hpp"

namespace hardline {

awaitable<Result<std::size_t>> read_some(ByteStream& from, std::span<std::byte> buffer) {
  for (;;) {
    auto got = from.read_now(buffer);
    if (got || got.error() != would_block()) co_return got;
    const auto error = co_await from.readable();
    if (error) co_return fail(error);
  }
}

awaitable<std::error_code> write_all(ByteStream& to, std::span<const std::byte> data) {
  while (!data.empty()) {
    const auto written = to.write_now(data);
    if (written) {
      data = data.subspan(*written);
      continue;
    }
    if (written.error() != would_block()) co_return written.error();
    const auto error = co_await to.writable();
    if (error) co_return error;
  }
  co_return std::error_code();
}

awaitable<void> linger_and_close(ByteStream& stream) {
  auto executor = co_await asio::this_coro::executor;
  Watchdog watchdog(executor, [&stream] { stream.close(); });
  watchdog.arm(kLingerTime);
  co_await stream.end_writing();
  std::array<std::byte, 4096> discarded;
  for (std::size_t total = 0; total < kMaxLingered;) {
    const auto got = co_await read_some(stream, discarded);
    if (!got || *got == 0) break;
    total += *got;
  }
  stream.close();
}

}  // namespace hardline
