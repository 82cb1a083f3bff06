// What two peers may say to each other once TLS stands (docs/protocol.md, "Tunnel" and "Dialects").
#pragma once

#include <openssl/ssl.h>

#include <chrono>

namespace hardline::tunnel {

enum class Dialect {
  legacy,     ///< a deployed peer of 2021: no ALPN, and every limit in docs/protocol.md, "Dialects"
  hardline1,  ///< a 1:1 tunnel without those limits
};

inline constexpr char kAlpnHardline1[] = "hardline/1";

/// Old peers read once, at most 4096 octets, each time a socket polls readable: no record may hold more.
inline constexpr long kLegacyMaxFragment = 4096;

/// How long a peer may take from one step of the opening to the next.
inline constexpr auto kHandshakeTimeout = std::chrono::seconds(10);
inline constexpr auto kOobTimeout = std::chrono::seconds(5);

/// What was agreed on. Call after the handshake; limits the size of records towards a legacy peer.
Dialect settle_dialect(SSL* ssl);

}  // namespace hardline::tunnel
