#include "oob_exchange.hpp"

#include <array>

#include "hardline/base/errc.hpp"

namespace hardline::tunnel {

awaitable<Result<ReceivedOob>> receive_oob(ByteStream& stream) {
  std::string received;
  std::array<std::byte, 4096> chunk;
  for (;;) {
    const auto got = co_await read_some(stream, chunk);
    if (!got) co_return fail(got.error());
    if (*got == 0) co_return fail(Errc::peer_closed);
    const auto searched = received.size();
    received.append(reinterpret_cast<const char*>(chunk.data()), *got);
    const auto end = received.find('\n', searched);
    if ((end == std::string::npos ? received.size() : end) >= wire::kMaxOobLine) co_return fail(Errc::too_large);
    if (end == std::string::npos) continue;
    auto line = wire::parse_oob(std::string_view(received).substr(0, end));
    if (!line) co_return fail(Errc::malformed);
    co_return ReceivedOob{std::move(*line), received.substr(end + 1)};
  }
}

awaitable<std::error_code> send_oob(ByteStream& stream, const wire::OobLine& line) {
  const auto text = wire::format_oob(line);
  const auto octets = as_octets(text);
  co_return co_await write_all(stream, octets);
}

}  // namespace hardline::tunnel
