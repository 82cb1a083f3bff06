// A tunnel that carries the bytes of any protocol, for programs that are no browsers: `hardlined connect`, forwarded
// ports, CONNECT.
#pragma once

#include "hardline/net/relay.hpp"
#include "hardline/tunnel/client.hpp"
#include "hardline/tunnel/describe.hpp"

namespace hardline::tunnel {

/// Gives `near` what has come back early, and relays until both directions have ended; then both are closed, or
/// aborted where one was cut. `outcome` is up to date all the time, and says how it ended. All outlive the call.
awaitable<void> relay_tunnel(ByteStream& near, Tunnel& tunnel, BufferPool& buffers, RelayOutcome& outcome);

}  // namespace hardline::tunnel
