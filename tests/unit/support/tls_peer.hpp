// TLS contexts of a test's own, set apart from the daemon's, so that tests can play deployed peers and strangers.
#pragma once

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <fstream>
#include <stdexcept>
#include <string>

#include "hardline/base/service_name.hpp"
#include "hardline/net/tls_stream.hpp"
#include "support/source_dir.hpp"
#include "support/streams.hpp"

namespace hardline::support {

inline std::string certificate_file(const std::string& name) {
  return (source_dir() / "certs-test" / (std::string(name) + ".cert")).string();
}

/// The name of one of certs-test's services, as its .hash file has it.
inline ServiceName service_name(const std::string& name) {
  std::ifstream file(certificate_file(name) + ".hash");
  std::string label;
  file >> label;
  const auto parsed = ServiceName::parse(label);
  if (!parsed) throw std::runtime_error("no .hash file for " + name);
  return *parsed;
}

struct PeerTls {
  bool hardline1 = false;    ///< speak ALPN hardline/1; old peers send no ALPN at all
  int only_version = 0;      ///< TLS1_2_VERSION and the like; 0 for what the library likes
  std::string ciphers = {};  ///< of TLS 1.2 and older; empty for the library's
};

namespace detail {

/// One protocol after its length (RFC 7301 section 3.1).
inline constexpr unsigned char kAlpn[] = "\x0ahardline/1";
inline constexpr unsigned kAlpnLength = sizeof kAlpn - 1;

inline int choose_hardline1(SSL*, const unsigned char** out, unsigned char* length, const unsigned char* in,
                            unsigned in_length, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, length, kAlpn, kAlpnLength, in, in_length) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

inline void require(bool accepted, const char* what) {
  if (!accepted) throw std::runtime_error(std::string("OpenSSL refuses ") + what);
}

inline SslContextPtr peer_context(const SSL_METHOD* method, const PeerTls& tls) {
  SslContextPtr context(SSL_CTX_new(method));
  if (tls.only_version != 0) {
    if (tls.only_version < TLS1_2_VERSION) SSL_CTX_set_security_level(context.get(), 0);  // else it refuses itself
    require(SSL_CTX_set_min_proto_version(context.get(), tls.only_version) == 1 &&
                SSL_CTX_set_max_proto_version(context.get(), tls.only_version) == 1,
            "the TLS version");
  }
  if (!tls.ciphers.empty()) require(SSL_CTX_set_cipher_list(context.get(), tls.ciphers.c_str()) == 1, "the ciphers");
  return context;
}

}  // namespace detail

/// `certificate` is one of certs-test: "rsa", "rsa4096", "ec" or "ed25519".
inline SslContextPtr peer_server_context(const std::string& certificate, const PeerTls& tls = {}) {
  auto context = detail::peer_context(TLS_server_method(), tls);
  const auto file = certificate_file(certificate);
  detail::require(SSL_CTX_use_certificate_file(context.get(), file.c_str(), SSL_FILETYPE_PEM) == 1, "the certificate");
  detail::require(SSL_CTX_use_PrivateKey_file(context.get(), (file + ".private").c_str(), SSL_FILETYPE_PEM) == 1,
                  "the key");
  if (tls.hardline1) SSL_CTX_set_alpn_select_cb(context.get(), detail::choose_hardline1, nullptr);
  return context;
}

/// Looks at no certificate, as old clients do during the handshake.
inline SslContextPtr peer_client_context(const PeerTls& tls = {}) {
  auto context = detail::peer_context(TLS_client_method(), tls);
  if (tls.hardline1) SSL_CTX_set_alpn_protos(context.get(), detail::kAlpn, detail::kAlpnLength);
  return context;
}

using TlsStreamPtr = std::unique_ptr<TlsStream>;

/// A client's and a server's end with TLS between them.
struct TlsPair {
  SslContextPtr client_context;
  SslContextPtr server_context;
  TlsStreamPtr client;
  TlsStreamPtr server;
};

inline TlsPair tls_streams(TestIo& io, const PeerTls& tls = {}) {
  TlsPair pair;
  pair.client_context = peer_client_context(tls);
  pair.server_context = peer_server_context("ec", tls);
  auto acceptor = small_listener(io);
  pair.client = std::make_unique<TlsStream>(io.executor(), pair.client_context.get());
  auto connecting = io.start(pair.client->connect(acceptor.local_endpoint()));
  pair.server = std::make_unique<TlsStream>(io.await(accepting(acceptor)), pair.server_context.get());
  detail::require(!connecting.get(), "to connect");
  for (const int option : {SO_SNDBUF, SO_RCVBUF})
    ::setsockopt(SSL_get_fd(pair.client->ssl()), SOL_SOCKET, option, &kSocketBuffer, sizeof kSocketBuffer);
  auto client = io.start(pair.client->handshake());
  detail::require(!io.await(pair.server->handshake()) && !client.get(), "the handshake");
  return pair;
}

}  // namespace hardline::support
