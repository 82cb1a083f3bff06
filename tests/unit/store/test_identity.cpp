#include "hardline/store/identity.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <thread>

#include "hardline/store/file.hpp"
#include "store/full_disk.hpp"
#include "store/temp_dir.hpp"

namespace hardline::store {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

constexpr auto kEcHash = "03b131fef9459a4a73da0c27e5b9e96362859de6";
constexpr auto kRsaHash = "f4525bb0fb13c3ed1816607803ee2991997de13d";

fs::path test_cert(const char* name) {
  return source_dir() / "certs-test" / name;
}

/// A folder with copies of one set of certs-test, as `a.cert`.
class IdentityFiles : public testing::Test {
 protected:
  void install(const char* name) {
    for (const auto* suffix : {"", ".private", ".hash"})
      fs::copy_file(with_suffix(test_cert(name), suffix), with_suffix(cert, suffix));
  }

  /// What load_identity() says is wrong with the set.
  std::string error() {
    try {
      load_identity(cert);
    } catch (const ConfigError& e) {
      EXPECT_EQ(ERR_peek_error(), 0u) << "left in OpenSSL's queue";
      return e.what();
    }
    return "no error";
  }

  TempDir dir;
  fs::path cert = dir / "a.cert";
  fs::path key = dir / "a.cert.private";
  fs::path hash = dir / "a.cert.hash";
};

class LoadIdentity : public IdentityFiles {};

TEST_F(LoadIdentity, ReadsEveryKindOfOldCertificate) {
  for (const auto* name : {"rsa.cert", "rsa4096.cert", "ec.cert", "ed25519.cert"}) {
    const auto identity = load_identity(test_cert(name));
    EXPECT_EQ(identity.name.key, hash_of_certificate_file(test_cert(name))) << name;
    EXPECT_EQ(identity.name.label() + "\n", file_content(with_suffix(test_cert(name), ".hash")));
    EXPECT_EQ(X509_check_private_key(identity.certificate.get(), identity.private_key.get()), 1) << name;
  }
}

TEST_F(LoadIdentity, AcceptsEveryFormOfHashFile) {
  install("ec.cert");
  const std::string ec = kEcHash;
  for (const auto& content : {ec, ec + "\n", "-" + ec, "-" + ec + "\r\n"}) {
    write_file(hash, content);
    EXPECT_FALSE(load_identity(cert).name.password) << content;
  }
  write_file(hash, "Secret-" + ec + "\n");
  EXPECT_EQ(load_identity(cert).name.label(), "secret-" + ec);
}

TEST_F(LoadIdentity, WritesAMissingHashFileWithoutPassword) {
  install("rsa.cert");
  fs::remove(hash);
  EXPECT_FALSE(load_identity(cert).name.password);
  EXPECT_EQ(file_content(hash), kRsaHash);
  EXPECT_FALSE(load_identity(cert).name.password);
}

TEST_F(LoadIdentity, LeavesAMissingHashFileMissingWhereItIsOnlyToLook) {
  install("rsa.cert");
  fs::remove(hash);
  const auto identity = load_identity(cert, MissingName::leave);
  EXPECT_EQ(identity.name.label(), kRsaHash);
  EXPECT_THAT(dir.names(), ElementsAre("a.cert", "a.cert.private"));
}

TEST_F(LoadIdentity, RefusesTheHashFileOfAnotherCertificate) {
  install("ec.cert");
  write_file(hash, std::string("secret-") + kRsaHash);
  EXPECT_THAT(error(), AllOf(StartsWith(hash.string() + ": "), HasSubstr("f4525bb0…"), HasSubstr("03b131fe…")));
  EXPECT_THAT(error(), Not(AnyOf(HasSubstr("secret"), HasSubstr(kRsaHash), HasSubstr(kEcHash))));
}

TEST_F(LoadIdentity, RefusesAHashFileThatHoldsNoName) {
  install("ec.cert");
  for (const auto* content : {"", "\n", "secret", "secret-03b1"}) {
    write_file(hash, content);
    EXPECT_THAT(error(), AllOf(StartsWith(hash.string()), HasSubstr("PASSWORD-KEYHASH"))) << content;
  }
}

TEST_F(LoadIdentity, RefusesTheKeyOfAnotherCertificate) {
  install("ec.cert");
  fs::copy_file(test_cert("rsa.cert.private"), key, fs::copy_options::overwrite_existing);
  EXPECT_THAT(error(), AllOf(StartsWith(key.string()), HasSubstr("not the private key")));
}

TEST_F(LoadIdentity, NamesAMissingKey) {
  install("ec.cert");
  fs::remove(key);
  EXPECT_THAT(error(), AllOf(StartsWith(key.string()), HasSubstr("missing")));
}

TEST_F(LoadIdentity, NamesAFileThatIsNoPem) {
  install("ec.cert");
  write_file(key, "-----BEGIN PRIVATE KEY-----\n!!\n");
  EXPECT_THAT(error(), AllOf(StartsWith(key.string()), HasSubstr("BEGIN PRIVATE KEY")));
  write_file(cert, "");
  EXPECT_THAT(error(), AllOf(StartsWith(cert.string()), HasSubstr("BEGIN CERTIFICATE")));
  fs::remove(cert);
  EXPECT_THAT(error(), AllOf(StartsWith(cert.string()), HasSubstr("No such file")));
}

TEST_F(LoadIdentity, NeverAsksForAPassPhrase) {
  install("ec.cert");
  const auto identity = load_identity(cert);
  for (const auto* cipher : {EVP_aes_256_cbc(), static_cast<const EVP_CIPHER*>(nullptr)}) {
    const std::unique_ptr<FILE, int (*)(FILE*)> file(::fopen(key.c_str(), "w"), &::fclose);
    char phrase[] = "phrase";
    ASSERT_EQ(PEM_write_PrivateKey(file.get(), identity.private_key.get(), cipher,
                                   reinterpret_cast<unsigned char*>(phrase), 6, nullptr, nullptr),
              1);
    if (::fflush(file.get()) != 0) FAIL();
    EXPECT_THAT(error(), cipher ? HasSubstr("encrypted with a pass phrase") : HasSubstr("no error"));
  }
}

class CreateIdentity : public IdentityFiles {};

TEST_F(CreateIdentity, MakesAnEcIdentityThatLoads) {
  const auto made = create_identity(cert);
  EXPECT_THAT(dir.names(), ElementsAre("a.cert", "a.cert.hash", "a.cert.private"));
  EXPECT_EQ(file_content(hash), made.name.label());
  ASSERT_TRUE(made.name.password);
  EXPECT_THAT(made.name.password->reveal(), SizeIs(13));

  const auto loaded = load_identity(cert);
  EXPECT_EQ(loaded.name.label(), made.name.label());
  EXPECT_EQ(X509_cmp(loaded.certificate.get(), made.certificate.get()), 0);
  EXPECT_EQ(EVP_PKEY_base_id(loaded.private_key.get()), EVP_PKEY_EC);
  EXPECT_EQ(EVP_PKEY_bits(loaded.private_key.get()), 256);
  EXPECT_EQ(X509_verify(loaded.certificate.get(), loaded.private_key.get()), 1);
  EXPECT_EQ(X509_cmp_current_time(X509_get0_notBefore(loaded.certificate.get())), -1);
  EXPECT_EQ(X509_cmp_current_time(X509_get0_notAfter(loaded.certificate.get())), 1);
}

TEST_F(CreateIdentity, KeepsKeyAndPasswordFromOthers) {
  const auto old = ::umask(0);
  create_identity(cert);
  ::umask(old);
  EXPECT_EQ(fs::status(key).permissions(), static_cast<fs::perms>(0600));
  EXPECT_EQ(fs::status(hash).permissions(), static_cast<fs::perms>(0600));
  EXPECT_EQ(fs::status(cert).permissions(), static_cast<fs::perms>(0644));
}

TEST_F(CreateIdentity, MakesAnotherOneEachTime) {
  const auto a = create_identity(cert);
  const auto b = create_identity(dir / "b.cert");
  EXPECT_NE(a.name.key, b.name.key);
  EXPECT_FALSE(a.name.password->matches(*b.name.password));
}

TEST_F(CreateIdentity, NeverOverwritesACertificate) {
  write_file(cert, "precious");
  EXPECT_THROW(create_identity(cert), ConfigError);
  EXPECT_EQ(file_content(cert), "precious");
  EXPECT_THAT(dir.names(), ElementsAre("a.cert"));
}

TEST_F(CreateIdentity, SetsAnOrphanedKeyAside) {
  write_file(key, "precious");
  write_file(hash, "name");
  create_identity(cert);
  EXPECT_NO_THROW(load_identity(cert));
  const auto names = dir.names();
  ASSERT_THAT(names, SizeIs(5));
  EXPECT_THAT(names[2], StartsWith("a.cert.hash.orphan-"));
  EXPECT_THAT(names[4], StartsWith("a.cert.private.orphan-"));
  EXPECT_EQ(file_content(dir / names[4]), "precious");
}

TEST_F(CreateIdentity, NamesAFolderThatIsNotThere) {
  try {
    create_identity(dir / "none/a.cert");
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_EQ(e.file(), dir / "none");
  }
}

TEST_F(CreateIdentity, IsNotHeldUpForEverByAForeignLock) {
  {
    const UniqueFd foreign(::open(dir.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_EQ(::flock(foreign.get(), LOCK_EX | LOCK_NB), 0);
    try {
      create_identity(cert, std::chrono::milliseconds(30));
      FAIL();
    } catch (const ConfigError& e) {
      EXPECT_THAT(e.what(), AllOf(StartsWith(dir.path().string() + ": "), HasSubstr("locked")));
    }
    EXPECT_THAT(dir.names(), IsEmpty());
  }
  EXPECT_NO_THROW(create_identity(cert, std::chrono::milliseconds(0)));
}

TEST_F(CreateIdentity, LeavesNothingOnAFullDisk) {
  std::string failed_at;
  for (const rlim_t limit : {0, 40, 100, 300}) {
    try {
      const FullDisk full(limit);
      create_identity(cert);
      failed_at += "nothing ";
    } catch (const ConfigError& e) {
      failed_at += e.file().filename().string() + " ";
    }
    EXPECT_THAT(dir.names(), IsEmpty()) << limit;
  }
  EXPECT_EQ(failed_at, "a.cert.private a.cert.private a.cert.private a.cert ");
}

TEST_F(CreateIdentity, IsWholeOrAbsentWhenKilled) {
  std::mt19937 random(1);
  int absent = 0, whole = 0;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(8);
  while (std::chrono::steady_clock::now() < deadline && (absent + whole < 400 || absent < 20 || whole < 20)) {
    const TempDir folder;
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (char name[] = "a.cert"; name[0] <= 'z'; ++name[0]) create_identity(folder / name);
      ::_exit(0);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);

    for (char name[] = "a.cert"; name[0] <= 'z'; ++name[0]) {
      if (fs::exists(folder / name)) {
        EXPECT_NO_THROW(load_identity(folder / name));
        EXPECT_TRUE(load_identity(folder / name).name.password);
        ++whole;
      } else {
        // What was cut short does not stand in the way of the next start.
        EXPECT_NO_THROW(load_or_create_identity(folder / name));
        ++absent;
        break;
      }
    }
  }
  EXPECT_GT(absent, 0);
  EXPECT_GT(whole, 0);
}

TEST_F(CreateIdentity, MayBeAskedForTheSameNameBySeveral) {
  std::vector<std::string> labels(8);
  std::vector<std::thread> threads;
  for (auto& label : labels) threads.emplace_back([&] { label = load_or_create_identity(cert).name.label(); });
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(labels, testing::Each(labels.front()));
  EXPECT_THAT(dir.names(), SizeIs(3));
}

TEST_F(CreateIdentity, MakesTheFolderWhereItIsToLoadOrCreate) {
  const auto made = load_or_create_identity(dir / "new/folder/a.cert");
  EXPECT_EQ(load_or_create_identity(dir / "new/folder/a.cert").name.label(), made.name.label());
}

TEST_F(CreateIdentity, NamesAFolderThatCannotBeMade) {
  write_file(dir / "file", "");
  try {
    load_or_create_identity(dir / "file/a.cert");
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_EQ(e.file(), dir / "file");
  }
}

}  // namespace
}  // namespace hardline::store
