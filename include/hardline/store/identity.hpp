// A service's identity on disk: NAME.cert, NAME.cert.private, NAME.cert.hash (docs/protocol.md, "Identity").
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include "hardline/base/service_name.hpp"
#include "hardline/store/config_error.hpp"

namespace hardline::store {

template <auto Free>
struct OpensslDelete {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using X509Ptr = std::unique_ptr<X509, OpensslDelete<X509_free>>;
using EvpPkeyPtr = std::unique_ptr<EVP_PKEY, OpensslDelete<EVP_PKEY_free>>;

struct Identity {
  ServiceName name;
  X509Ptr certificate;
  EvpPkeyPtr private_key;
};

/// How long to wait for somebody else who makes an identity in the same folder, which takes a few milliseconds. Whoever
/// can read a folder can lock it for as long as they like, and must not delay a start for longer than this.
inline constexpr std::chrono::milliseconds kFolderLockPatience = std::chrono::seconds(5);

/// What load_identity() does about a .hash file that is not there: a daemon writes it for its user to edit, a verb that
/// only looks leaves the folder as it is.
enum class MissingName { write, leave };

/// Reads the three files of `certfile`. A missing .hash is computed, without a password, and written where it can be
/// and `missing` says so; with `MissingName::leave` nothing is written at all. Throws ConfigError where a file cannot
/// be read or parsed, the key is not the certificate's, or the .hash names another certificate.
Identity load_identity(const std::filesystem::path& certfile, MissingName missing = MissingName::write);

/// Makes a new identity: EC P-256, self-signed, a random password; files of mode 0600 (the certificate 0644). The key
/// and the hash are on disk before the certificate is, and all by rename, so that a killed process or a full disk
/// leaves either no identity or a whole one. A key or hash that has no certificate, as a killed process leaves it, is
/// renamed to `FILE.orphan-TIME`. Throws ConfigError where the certificate exists, a file cannot be written, or the
/// lock (flock(2)) on the folder, which keeps other makers out, cannot be had within `patience`.
Identity create_identity(const std::filesystem::path& certfile,
                         std::chrono::milliseconds patience = kFolderLockPatience);

/// load_identity where `certfile` exists, else create_identity, its folder included.
Identity load_or_create_identity(const std::filesystem::path& certfile);

/// KEYHASH of the first certificate in the PEM file. Throws ConfigError.
KeyHash hash_of_certificate_file(const std::filesystem::path& certfile);

/// Whether everybody has this certificate's key: the project's certs-test are published with its source.
bool is_test_certificate(const KeyHash& key);

}  // namespace hardline::store
