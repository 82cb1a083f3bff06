// The OOB line on a stream: the first thing each side says (docs/protocol.md, "Tunnel").
#pragma once

#include <string>

#include "hardline/net/byte_stream.hpp"
#include "hardline/wire/oob.hpp"

namespace hardline::tunnel {

struct ReceivedOob {
  wire::OobLine line;
  std::string rest;  ///< what came behind the line already
};

/// Errc::peer_closed, malformed or too_large where no line comes. Bounded in octets, not in time: that is the
/// caller's watchdog.
awaitable<Result<ReceivedOob>> receive_oob(ByteStream& stream);

/// The line goes out as a TLS record of its own, which old peers need.
awaitable<std::error_code> send_oob(ByteStream& stream, const wire::OobLine& line);

}  // namespace hardline::tunnel
