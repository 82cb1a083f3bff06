#include "hardline/store/identity.hpp"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sodium.h>
#include <sys/file.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "hardline/base/log.hpp"
#include "hardline/store/file.hpp"

namespace hardline::store {
namespace fs = std::filesystem;
namespace {

using BioPtr = std::unique_ptr<BIO, OpensslDelete<BIO_free>>;

constexpr std::size_t kMaxFileSize = 64 * 1024;  // an RSA 16384 key is 13 KiB of PEM
constexpr mode_t kSecretMode = 0600;
constexpr mode_t kPublicMode = 0644;

/// A certificate says until when it is good and nobody looks (docs/protocol.md, "Identity"): RFC 5280 4.1.2.5's "no
/// end", from a day that every clock has behind it.
constexpr char kNotBefore[] = "20000101000000Z";
constexpr char kNotAfter[] = "99991231235959Z";

fs::path key_file(const fs::path& certfile) {
  return with_suffix(certfile, ".private");
}
fs::path hash_file(const fs::path& certfile) {
  return with_suffix(certfile, ".hash");
}

/// Also for a dangling link, and for what cannot be looked at: reading it will say why.
bool there_is(const fs::path& file) {
  std::error_code error;
  return fs::symlink_status(file, error).type() != fs::file_type::not_found;
}

std::string read(const fs::path& file) {
  auto content = read_small_file(file, kMaxFileSize);
  if (!content) throw ConfigError(file, 0, "", "cannot be read: " + content.error().message());
  return *std::move(content);
}

BioPtr bio_of(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// PEM blocks may be encrypted. Notes it, and keeps OpenSSL from asking the terminal for a pass phrase.
int refuse_pass_phrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

X509Ptr read_certificate(const fs::path& certfile) {
  const auto text = read(certfile);
  bool encrypted = false;
  X509Ptr certificate(PEM_read_bio_X509(bio_of(text).get(), nullptr, refuse_pass_phrase, &encrypted));
  ERR_clear_error();  // or the next TLS operation would find it in the thread's queue
  if (!certificate)
    throw ConfigError(certfile, 0, "",
                      "holds no certificate that can be read; it must be PEM text with a whole block from "
                      "'-----BEGIN CERTIFICATE-----' to '-----END CERTIFICATE-----'");
  return certificate;
}

EvpPkeyPtr read_private_key(const fs::path& file) {
  if (!there_is(file))
    throw ConfigError(file, 0, "", "is missing: the certificate beside it is of no use without its private key");
  auto text = read(file);
  bool encrypted = false;
  EvpPkeyPtr key(PEM_read_bio_PrivateKey(bio_of(text).get(), nullptr, refuse_pass_phrase, &encrypted));
  sodium_memzero(text.data(), text.size());
  ERR_clear_error();
  if (encrypted)
    throw ConfigError(file, 0, "",
                      "is encrypted with a pass phrase, which a daemon cannot ask for; write it unencrypted with "
                      "'openssl pkey -in FILE -out NEWFILE' and put that in its place");
  if (!key)
    throw ConfigError(file, 0, "",
                      "holds no private key that can be read; it must be PEM text with a whole block from "
                      "'-----BEGIN PRIVATE KEY-----' to '-----END PRIVATE KEY-----'");
  return key;
}

/// The hash of the certificate as TLS will present it.
KeyHash hash_of(const X509& certificate) {
  unsigned char* der = nullptr;
  const int length = i2d_X509(&certificate, &der);
  if (length <= 0) throw std::bad_alloc();
  const auto hash = KeyHash::of_certificate({der, static_cast<std::size_t>(length)});
  OPENSSL_free(der);
  return hash;
}

ServiceName read_name(const fs::path& file, const KeyHash& key) {
  auto text = read(file);
  const auto begin = text.find_first_not_of(" \t\r\n");
  const auto end = text.find_last_not_of(" \t\r\n");
  auto name = begin == std::string::npos ? std::nullopt : ServiceName::parse(text.substr(begin, end + 1 - begin));
  sodium_memzero(text.data(), text.size());
  if (!name)
    throw ConfigError(file, 0, "",
                      "must hold one line, PASSWORD-KEYHASH or KEYHASH, with the 40 hexadecimal digits that 'hardlined "
                      "hash' prints for the certificate; without the file the service has no password");
  if (name->key != key)
    throw ConfigError(file, 0, "",
                      "names the service " + name->key.brief() + "…, but the certificate beside it is " + key.brief() +
                          "…; put back the file that belongs to the certificate, or remove this one to have a new one "
                          "made, without a password");
  return *std::move(name);
}

/// Keeps every other maker of identities out of a folder, if the file system has such locks.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& folder, std::chrono::milliseconds patience = kFolderLockPatience)
      : fd_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (!fd_) throw ConfigError(folder, 0, "", "cannot be opened: " + last_error().message());
    // flock(2) waits without end or not at all.
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0 && (errno == EWOULDBLOCK || errno == EINTR)) {
      if (std::chrono::steady_clock::now() >= deadline)
        throw ConfigError(folder, 0, "",
                          "is locked (flock) by another program, so that no identity can be made in it; 'lslocks' or "
                          "'fuser FOLDER' shows which program that is");
      std::this_thread::sleep_for(kRetryPeriod);
    }
  }
  int folder() const { return fd_.get(); }

 private:
  static constexpr auto kRetryPeriod = std::chrono::milliseconds(10);  // about what making an identity takes

  UniqueFd fd_;
};

fs::path folder_of(const fs::path& certfile) {
  return certfile.has_parent_path() ? certfile.parent_path() : fs::path(".");
}

/// The service does without the file, so that nothing which keeps it from being written keeps the service from
/// starting.
void write_missing_name(const fs::path& certfile, const ServiceName& name) {
  try {
    const FolderLock lock(folder_of(certfile));
    NewFile file(hash_file(certfile));
    auto error = file.write(name.label(), kSecretMode);
    if (!error) error = file.place();
    if (error) throw std::system_error(error);
    file.keep();
  } catch (const std::exception& e) {
    log::warn("store: cannot write {}: {}; the service has no password", hash_file(certfile).string(), e.what());
  }
}

void must(bool ok) {
  if (ok) return;
  const auto code = ERR_get_error();
  ERR_clear_error();
  throw std::runtime_error(std::string("OpenSSL cannot make a certificate: ") + ERR_error_string(code, nullptr));
}

X509Ptr self_signed_certificate(EVP_PKEY* key) {
  std::array<std::uint8_t, 16> serial_bytes;
  randombytes_buf(serial_bytes.data(), serial_bytes.size());
  serial_bytes[0] = (serial_bytes[0] & 0x7f) | 0x40;  // positive and of full length (RFC 5280 4.1.2.2)
  std::unique_ptr<BIGNUM, OpensslDelete<BN_free>> serial(
      BN_bin2bn(serial_bytes.data(), static_cast<int>(serial_bytes.size()), nullptr));

  X509Ptr certificate(X509_new());
  auto* x509 = certificate.get();
  must(x509 && serial && X509_set_version(x509, X509_VERSION_3) == 1);
  must(BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(x509)) != nullptr);
  must(ASN1_TIME_set_string_X509(X509_getm_notBefore(x509), kNotBefore) == 1);
  must(ASN1_TIME_set_string_X509(X509_getm_notAfter(x509), kNotAfter) == 1);
  auto* name = X509_get_subject_name(x509);
  const auto* common_name = reinterpret_cast<const unsigned char*>("hardline");
  must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0) == 1);
  must(X509_set_issuer_name(x509, name) == 1 && X509_set_pubkey(x509, key) == 1);
  must(X509_sign(x509, key, EVP_sha256()) > 0);
  return certificate;
}

template <class Write>
std::string to_pem(Write write) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  must(bio && write(bio.get()) == 1);
  char* data = nullptr;
  const auto length = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(length));
}

/// An earlier creation that was cut short left a key or a name without a certificate. Nobody knows that service, but a
/// key is never thrown away.
void set_orphan_aside(const fs::path& file) {
  if (!there_is(file)) return;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto aside = set_aside(file, ".orphan-" + std::to_string(now.time_since_epoch().count()));
  if (!aside)
    throw ConfigError(file, 0, "", "has no certificate beside it and cannot be renamed: " + aside.error().message());
  log::warn("store: {} had no certificate beside it: kept as {}", file.string(), aside->filename().string());
}

Identity create_locked(const fs::path& certfile, const FolderLock& lock) {
  if (there_is(certfile))
    throw ConfigError(certfile, 0, "", "exists already and is not overwritten; choose another name, or move it away");
  set_orphan_aside(key_file(certfile));
  set_orphan_aside(hash_file(certfile));

  EvpPkeyPtr key(EVP_EC_gen("P-256"));
  must(key != nullptr);
  auto certificate = self_signed_certificate(key.get());
  ServiceName name{Password::generate(), hash_of(*certificate)};
  auto key_pem =
      to_pem([&](BIO* bio) { return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  const auto certificate_pem = to_pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); });

  const auto check = [](const fs::path& file, std::error_code error) {
    if (error) throw ConfigError(file, 0, "", "cannot be written: " + error.message());
  };
  // Everything is on disk before anything is in place, and the certificate, which makes the others count, comes last.
  // Destroyed in the opposite order: a failure takes the certificate away first.
  NewFile new_key(key_file(certfile));
  NewFile new_name(hash_file(certfile));
  NewFile new_certificate(certfile);
  const auto key_error = new_key.write(key_pem, kSecretMode);
  sodium_memzero(key_pem.data(), key_pem.size());
  check(key_file(certfile), key_error);
  check(hash_file(certfile), new_name.write(name.label(), kSecretMode));
  check(certfile, new_certificate.write(certificate_pem, kPublicMode));
  check(key_file(certfile), new_key.place());
  check(hash_file(certfile), new_name.place());
  check(folder_of(certfile), sync_directory(lock.folder()));
  check(certfile, new_certificate.place());
  check(folder_of(certfile), sync_directory(lock.folder()));
  new_certificate.keep();
  new_name.keep();
  new_key.keep();

  log::info("store: new identity service={} file={}", name.key.brief(), certfile.string());
  return {std::move(name), std::move(certificate), std::move(key)};
}

}  // namespace

Identity load_identity(const fs::path& certfile, MissingName missing) {
  auto certificate = read_certificate(certfile);
  auto key = read_private_key(key_file(certfile));
  const bool belongs = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (!belongs)
    throw ConfigError(key_file(certfile), 0, "",
                      "is not the private key of the certificate beside it; put back the key that belongs to it");

  const auto hash = hash_of(*certificate);
  if (there_is(hash_file(certfile)))
    return {read_name(hash_file(certfile), hash), std::move(certificate), std::move(key)};
  ServiceName name{std::nullopt, hash};
  if (missing == MissingName::write) write_missing_name(certfile, name);
  return {std::move(name), std::move(certificate), std::move(key)};
}

Identity create_identity(const fs::path& certfile, std::chrono::milliseconds patience) {
  const FolderLock lock(folder_of(certfile), patience);
  return create_locked(certfile, lock);
}

Identity load_or_create_identity(const fs::path& certfile) {
  if (there_is(certfile)) return load_identity(certfile);
  std::error_code error;
  fs::create_directories(folder_of(certfile), error);
  if (error) throw ConfigError(folder_of(certfile), 0, "", "cannot be made: " + error.message());
  {
    const FolderLock lock(folder_of(certfile));
    if (!there_is(certfile)) return create_locked(certfile, lock);
  }
  return load_identity(certfile);  // made by another process while this one waited for the lock
}

KeyHash hash_of_certificate_file(const fs::path& certfile) {
  return hash_of(*read_certificate(certfile));
}

}  // namespace hardline::store
