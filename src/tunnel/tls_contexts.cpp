#include "hardline/tunnel/tls_contexts.hpp"

#include <openssl/err.h>

#include <stdexcept>

#include "hardline/tunnel/dialect.hpp"

namespace hardline::tunnel {
namespace {

/// As much as a relay's buffer takes: one read(2) for several records.
constexpr std::size_t kReadAhead = 64 * 1024;

/// The protocol list of RFC 7301: each name after its length.
constexpr unsigned char kOffered[] = {10, 'h', 'a', 'r', 'd', 'l', 'i', 'n', 'e', '/', '1'};
static_assert(sizeof kOffered == sizeof kAlpnHardline1);

[[noreturn]] void throw_openssl(const char* what) {
  char text[256];
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  throw std::runtime_error(std::string(what) + ": " + text);
}

SslContextPtr make_context(const SSL_METHOD* method) {
  SslContextPtr owned(SSL_CTX_new(method));
  auto* context = owned.get();
  if (!context) throw_openssl("TLS is not available");
  const bool accepted =
      SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
      SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
      // The shortest AES key first: it is a quarter faster, and 128 bits are out of everybody's reach.
      SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384") ==
          1;
  if (!accepted) throw_openssl("TLS settings were refused");
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET | SSL_OP_ENABLE_KTLS |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // Resumption would skip the certificate, which is the only proof there is.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, kReadAhead);
  return owned;
}

int select_alpn(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in, unsigned in_length,
                void*) {
  unsigned char* selected = nullptr;
  const int result = SSL_select_next_proto(&selected, out_length, kOffered, sizeof kOffered, in, in_length);
  if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;  // a legacy peer, or a newer one's newer dialect
  *out = selected;
  return SSL_TLSEXT_ERR_OK;
}

int move_to_service(SSL* ssl, int* alert, void* find) {
  const auto key = requested_service(ssl);
  auto* context = key ? (*static_cast<const ContextBySni*>(find))(*key) : nullptr;
  if (!context) {
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  SSL_set_SSL_CTX(ssl, context);
  return SSL_TLSEXT_ERR_OK;
}

void free_key(void*, void* key, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<KeyHash*>(key);
}

int expected_key_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, free_key);
  return index;
}

/// In place of a chain's verification: dates, names and issuers mean nothing here.
int verify_by_hash(X509_STORE_CTX* verification, void*) {
  const auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const auto* expected = static_cast<KeyHash*>(SSL_get_ex_data(ssl, expected_key_index()));
  unsigned char* der = nullptr;
  const int length = i2d_X509(X509_STORE_CTX_get0_cert(verification), &der);
  if (length < 0) return 0;
  const auto actual = KeyHash::of_certificate({der, static_cast<std::size_t>(length)});
  OPENSSL_free(der);
  const bool matches = expected && actual == *expected;
  X509_STORE_CTX_set_error(verification, matches ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
  return matches;
}

}  // namespace

SslContextPtr make_service_context(const store::Identity& identity) {
  auto context = make_context(TLS_server_method());
  if (SSL_CTX_use_certificate(context.get(), identity.certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), identity.private_key.get()) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1)  // a key of another type is kept apart, and not compared
    throw_openssl("the certificate cannot be used");
  SSL_CTX_set_alpn_select_cb(context.get(), select_alpn, nullptr);
  return context;
}

SslContextPtr make_listener_context(const ContextBySni& find) {
  auto context = make_context(TLS_server_method());
  SSL_CTX_set_tlsext_servername_callback(context.get(), move_to_service);
  SSL_CTX_set_tlsext_servername_arg(context.get(), const_cast<ContextBySni*>(&find));
  SSL_CTX_set_alpn_select_cb(context.get(), select_alpn, nullptr);
  return context;
}

std::optional<KeyHash> requested_service(const SSL* ssl) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  return name ? KeyHash::parse(name) : std::nullopt;
}

SslContextPtr make_client_context() {
  auto context = make_context(TLS_client_method());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context.get(), verify_by_hash, nullptr);
  if (SSL_CTX_set_alpn_protos(context.get(), kOffered, sizeof kOffered) != 0) throw_openssl("ALPN was refused");
  return context;
}

void expect_service(SSL* ssl, const KeyHash& key) {
  SSL_set_tlsext_host_name(ssl, key.hex().c_str());
  delete static_cast<KeyHash*>(SSL_get_ex_data(ssl, expected_key_index()));
  SSL_set_ex_data(ssl, expected_key_index(), new KeyHash(key));
}

bool certificate_mismatched(const SSL* ssl) {
  return SSL_get_verify_result(ssl) == X509_V_ERR_CERT_REJECTED;
}

}  // namespace hardline::tunnel
