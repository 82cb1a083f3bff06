// A certificate authority of a test's own.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

#include "hardline/net/tls_stream.hpp"

namespace hardline::support {

class TestCa {
 public:
  TestCa() : key_(new_key()), certificate_(issue(key_.get(), nullptr, "", 1)) {}

  /// A server whose certificate is for `names`, as in `DNS:localhost,IP:127.0.0.1`, for `days` from today.
  SslContextPtr server_context(const std::string& names, int days = 1) const {
    const auto key = new_key();
    const auto certificate = issue(key.get(), certificate_.get(), names, days);
    SslContextPtr context(SSL_CTX_new(TLS_server_method()));
    require(SSL_CTX_use_certificate(context.get(), certificate.get()));
    require(SSL_CTX_use_PrivateKey(context.get(), key.get()));
    return context;
  }

  /// Makes `context` trust it.
  void trusted_by(SSL_CTX* context) const {
    require(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate_.get()));
  }

  /// Writes its certificate, as for SSL_CERT_FILE.
  void write(const std::string& path) const {
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "w"), std::fclose);
    require(file && PEM_write_X509(file.get(), certificate_.get()));
  }

 private:
  struct Delete {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  };
  using Key = std::unique_ptr<EVP_PKEY, Delete>;
  using Certificate = std::unique_ptr<X509, Delete>;

  static void require(bool worked) {
    if (!worked) throw std::runtime_error("OpenSSL makes no test certificate");
  }

  static Key new_key() {
    Key key(EVP_EC_gen("P-256"));
    require(key != nullptr);
    return key;
  }

  static void extend(X509* certificate, int kind, const std::string& value) {
    const std::unique_ptr<X509_EXTENSION, Delete> extension(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
    require(extension && X509_add_ext(certificate, extension.get(), -1));
  }

  /// Signed by this authority; its own where there is no `issuer`.
  Certificate issue(EVP_PKEY* key, X509* issuer, const std::string& names, int days) const {
    constexpr long kDay = 24 * 60 * 60;
    Certificate certificate(X509_new());
    auto* const raw = certificate.get();
    require(raw && X509_set_version(raw, X509_VERSION_3));
    require(ASN1_INTEGER_set(X509_get_serialNumber(raw), issuer ? 2 : 1));
    require(X509_gmtime_adj(X509_getm_notBefore(raw), -7 * kDay) &&
            X509_gmtime_adj(X509_getm_notAfter(raw), days * kDay));
    auto* const subject = X509_get_subject_name(raw);
    const auto* name = reinterpret_cast<const unsigned char*>(issuer ? "a test's server" : "a test's authority");
    require(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0));
    require(X509_set_issuer_name(raw, issuer ? X509_get_subject_name(issuer) : subject));
    require(X509_set_pubkey(raw, key));
    extend(raw, NID_basic_constraints, issuer ? "critical,CA:FALSE" : "critical,CA:TRUE");
    if (!names.empty()) extend(raw, NID_subject_alt_name, names);
    require(X509_sign(raw, key_.get(), EVP_sha256()) > 0);
    return certificate;
  }

  Key key_;
  Certificate certificate_;
};

}  // namespace hardline::support
