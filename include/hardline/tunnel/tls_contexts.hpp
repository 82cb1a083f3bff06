// The TLS settings of both ends: 1.2 and 1.3, AEAD suites, no renegotiation, no resumption; identity is the
// certificate's hash and nothing else (docs/protocol.md, "Tunnel").
#pragma once

#include <functional>

#include "hardline/base/key_hash.hpp"
#include "hardline/net/tls_stream.hpp"
#include "hardline/store/identity.hpp"

namespace hardline::tunnel {

/// A service's own context. Throws std::runtime_error where OpenSSL refuses the key or certificate.
SslContextPtr make_service_context(const store::Identity& identity);

/// Finds the context of the service a ClientHello asks for, or nullptr.
using ContextBySni = std::function<SSL_CTX*(const KeyHash&)>;

/// The context that every accepted connection starts with: its SNI callback moves it to its service's context, or
/// refuses the handshake with `unrecognized_name`. `find` is called during handshakes; the context refers to it.
SslContextPtr make_listener_context(const ContextBySni& find);

/// The KEYHASH that the client named, once the handshake stands.
std::optional<KeyHash> requested_service(const SSL* ssl);

SslContextPtr make_client_context();

/// Prepares a client connection: SNI is the KEYHASH, and the handshake fails unless the certificate's hash is.
void expect_service(SSL* ssl, const KeyHash& key);

/// Whether a handshake failed because the certificate was another's.
bool certificate_mismatched(const SSL* ssl);

}  // namespace hardline::tunnel
