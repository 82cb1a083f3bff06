// The client's side of a tunnel: from a service's name to a stream on which its bytes flow
// (docs/protocol.md, "Tunnel").
#pragma once

#include <string>
#include <variant>

#include "hardline/base/service_name.hpp"
#include "hardline/net/relay.hpp"
#include "hardline/tunnel/dialect.hpp"
#include "hardline/tunnel/dialer.hpp"
#include "hardline/wire/oob.hpp"

namespace hardline::tunnel {

/// What is needed for a tunnel; all outlive who uses them.
struct TunnelTools {
  Executor executor;
  BufferPool& buffers;
  Dialer& dialer;
  find::Finder& finder;
};

/// An open tunnel: `first` has been sent, and `early` is what has come back already.
struct Tunnel {
  std::unique_ptr<TlsStream> stream;
  Dialect dialect = Dialect::legacy;
  std::string early;
  find::Candidate candidate;  ///< where it leads
};

/// The service answered, and refused.
struct Refused {
  wire::OobError error;
};
/// The service was reached, and then said nothing that makes sense.
struct BrokenOff {
  std::error_code error;
};
using OpenFailure = std::variant<DialFailure, Refused, BrokenOff>;

/// How long a server may take to answer the OOB line: it dials its origin first, and may hold a password's turn back.
inline constexpr auto kAnswerTimeout = std::chrono::seconds(20);

/// Dials, exchanges OOB lines, and sends `first` (the bytes the local program has sent already) as early as the peer
/// can take it: right behind the handshake to a new one, after its OOB line to an old one. Where it is BrokenOff, the
/// dialer knows: the next dial tries others first. `tools`, `name` and `first` outlive the call.
awaitable<tl::expected<Tunnel, OpenFailure>> open_tunnel(const TunnelTools& tools, const ServiceName& name,
                                                         std::string_view first);

}  // namespace hardline::tunnel
