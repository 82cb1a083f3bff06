#include "hardline/tunnel/raw_tunnel.hpp"

namespace hardline::tunnel {

awaitable<void> relay_tunnel(ByteStream& near, Tunnel& tunnel, BufferPool& buffers, RelayOutcome& outcome) {
  auto& far = *tunnel.stream;
  const auto early = as_octets(tunnel.early);
  const auto gone = co_await write_all(near, early);
  if (gone) {
    outcome.to_near.write_error = gone;
    near.abort();
    far.abort();
    co_return;
  }
  outcome.to_near.octets += early.size();
  RelayOptions options;
  options.far_cannot_half_close = tunnel.dialect == Dialect::legacy;
  co_await relay(near, far, buffers, options, outcome);
}

}  // namespace hardline::tunnel
