#include "hardline/store/service_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/temp_dir.hpp"

namespace hardline::store {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

constexpr auto kFile = "/etc/hardline/services/app.ini";

ServiceFile parse(const std::string& text) {
  return parse_service_file(kFile, text);
}

std::string error(const std::string& text) {
  try {
    parse(text);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "no error";
}

std::string origin(const std::string& service) {
  return to_string(parse("[Service]\nservice=" + service + "\nport=80\n").origin);
}

TEST(ServiceFile, IsReadAsTheOldProgramWroteIt) {
  const auto service = parse(
      "[Service]\nservice=http://localhost\nport=8080\ncertfile=/keys/app.cert\n\n"
      "[Info]\ntitle=\"My Service\"\n\n"
      "[Cache]\ndirectory=cache\nmaxAge=3600\nmaxSize=1GB\ndownloadRateLimit=10\nallowListing=yes\ndynamicContent="
      "no\n\n"
      "[Access]\nuseDHT=no\n");
  EXPECT_EQ(service.file, kFile);
  EXPECT_EQ(service.origin, OriginAddress(HostPort{"localhost", 8080}));
  EXPECT_EQ(service.certfile, "/keys/app.cert");
  EXPECT_EQ(service.title, "My Service");
  EXPECT_FALSE(service.use_dht);
  EXPECT_THAT(service.cache, SizeIs(6));
  EXPECT_EQ(service.cache.at("maxage"), "3600");
  EXPECT_THAT(service.warnings, IsEmpty());
}

TEST(ServiceFile, HasDefaultsForAllButTheOrigin) {
  const auto expected = parse("[Service]\nservice=::1\nport=80\n");
  EXPECT_EQ(expected.certfile, "/etc/hardline/services/app.ini.cert");
  EXPECT_EQ(expected.title, "app");
  EXPECT_TRUE(expected.listed);
  EXPECT_FALSE(expected.hide_password);
  EXPECT_TRUE(expected.use_dht);
  EXPECT_THAT(expected.cache, IsEmpty());
  EXPECT_EQ(parse("[Service]\nservice=::1\nport=80\ncertfile=\n[Info]\ntitle=\nlisted=\n[Access]\nuseDHT=\n"
                  "hidepassword=\n"),
            expected);
}

TEST(ServiceFile, ReadsOurOwnKeys) {
  const auto service = parse("[Service]\nservice=a\nport=80\n[Info]\nlisted=no\n[Access]\nhidepassword=yes\n");
  EXPECT_FALSE(service.listed);
  EXPECT_TRUE(service.hide_password);
}

TEST(ServiceFile, TakesACertfileRelativeToItsFolder) {
  EXPECT_EQ(parse("[Service]\nservice=a\nport=80\ncertfile=keys/a.cert\n").certfile,
            "/etc/hardline/services/keys/a.cert");
  EXPECT_EQ(parse("[Service]\nservice=a\nport=80\ncertfile=../a.cert\n").certfile, "/etc/hardline/a.cert");
}

TEST(ServiceFile, IsNamedAbsolutely) {
  const auto service = parse_service_file("app.ini", "[Service]\nservice=a\nport=80\n");
  EXPECT_EQ(service.file, fs::current_path() / "app.ini");
  EXPECT_EQ(service.certfile, fs::current_path() / "app.ini.cert");
}

TEST(ServiceFile, AcceptsEveryKindOfOrigin) {
  EXPECT_EQ(origin("localhost"), "localhost:80");
  EXPECT_EQ(origin("my_app.example.org"), "my_app.example.org:80");
  EXPECT_EQ(origin("192.0.2.1"), "192.0.2.1:80");
  EXPECT_EQ(origin("2001:db8::1"), "[2001:db8::1]:80");
  EXPECT_EQ(origin("[::1]"), "[::1]:80");
  EXPECT_EQ(origin("http://localhost"), "localhost:80");
  EXPECT_EQ(origin("HTTP://[::1]/"), "[::1]:80");
  EXPECT_EQ(to_string(parse("[Service]\nservice=unix:/run/a b.sock\nport=\n").origin), "unix:/run/a b.sock");
}

TEST(ServiceFile, RefusesWhatIsNoOrigin) {
  for (const auto* bad : {"a b", "localhost:8080", "http://localhost/app", "ftp://localhost", "http://", "[localhost",
                          "a..b", ".a", "a,b", "::1::2", "user@host"})
    EXPECT_THAT(error(std::string("[Service]\nservice=") + bad + "\nport=80\n"),
                HasSubstr(":2: service: must be a host name, an IP address or unix:/path"))
        << bad;
  EXPECT_THAT(error("[Service]\nservice=" + std::string(64, 'a') + "\nport=80"), HasSubstr("must be a host name"));
}

TEST(ServiceFile, ExplainsWhatLaterVersionsCanDo) {
  EXPECT_THAT(error("[Service]\nservice=https://example.org\nport=443\n"),
              HasSubstr(":2: service: is an https origin"));
  EXPECT_THAT(error("[Service]\nservice=\n[Cache]\ndirectory=x\n"), HasSubstr("not supported by this version"));
}

TEST(ServiceFile, NeedsAnOrigin) {
  for (const auto* text :
       {"", "[Service]\n", "[Service]\nservice=\nport=80\n", "[Service]\nservice=\n[Cache]\ndirectory=\n"})
    EXPECT_THAT(error(text), StartsWith(std::string(kFile) + ": service: is missing")) << text;
  for (const auto* text : {"[Service]\nservice=a\n", "[Service]\nservice=a\nport=\n"})
    EXPECT_THAT(error(text), StartsWith(std::string(kFile) + ": port: is missing")) << text;
}

TEST(ServiceFile, NeedsAPortThatIsOne) {
  for (const auto* bad : {"0", "65536", "-1", "80a", "http"})
    EXPECT_THAT(error(std::string("[Service]\nservice=a\nport=") + bad),
                HasSubstr(":3: port: must be a number from 1"));
}

TEST(ServiceFile, PointsAtAMistypedKeyInsteadOfSayingThatItIsMissing) {
  EXPECT_EQ(error("[Service]\nservice=localhost\nprt=80\n"),
            std::string(kFile) + ":3: prt: is not known; did you mean 'port='?");
}

TEST(ServiceFile, HasNoPortWithAUnixSocket) {
  EXPECT_THAT(error("[Service]\nport=80\nservice=unix:/run/a\n"), HasSubstr(":2: port: has no meaning"));
}

TEST(ServiceFile, NeedsTheWholePathOfAUnixSocket) {
  EXPECT_THAT(error("[Service]\nservice=unix:a.sock\n"), HasSubstr(":2: service: must give the socket's whole path"));
  EXPECT_EQ(error("[Service]\nservice=unix:/" + std::string(106, 'a')), "no error");
  EXPECT_THAT(error("[Service]\nservice=unix:/" + std::string(107, 'a')), HasSubstr("at most 107 octets"));
}

TEST(ServiceFile, NeedsYesOrNoWhereThatIsAsked) {
  EXPECT_THAT(error("[Service]\nservice=a\nport=1\n[Access]\nuseDHT=perhaps\n"),
              HasSubstr(":5: usedht: must be yes or no"));
}

TEST(ServiceFile, WarnsOfWhatItDoesNotKnow) {
  const auto service = parse(
      "[Service]\nservice=a\nport=80\ntitle=x\nprot=1\nzzz=1\n[Acess]\nuseDHT=no\nx=1\n[Other]\ny=1\n[Cache]\nmaxage="
      "1\n"
      "max_size=2\n");
  const auto at = [](const char* rest) { return std::string(kFile) + rest; };
  EXPECT_THAT(service.warnings,
              ElementsAre(at(":4: 'title' is not known and has no effect; did you mean title= in [Info]?"),
                          at(":5: 'prot' is not known and has no effect; did you mean port=?"),
                          at(":6: 'zzz' is not known and has no effect"),
                          at(":8: the section [acess] is not known and has no effect; did you mean [Access]?"),
                          at(":11: the section [other] is not known and has no effect"),
                          at(":14: 'max_size' is not known and has no effect; did you mean maxSize=?")));
  EXPECT_TRUE(service.use_dht);
}

TEST(ServiceDirectory, HoldsNothingWhereThereIsNone) {
  const TempDir dir;
  const auto services = read_service_directory(dir / "none");
  EXPECT_THAT(services.services, IsEmpty());
  EXPECT_THAT(services.errors, IsEmpty());
}

TEST(ServiceDirectory, ThrowsWhereItIsNoDirectory) {
  const TempDir dir;
  write_file(dir / "file", "");
  EXPECT_THROW(read_service_directory(dir / "file"), ConfigError);
}

TEST(ServiceDirectory, ReadsIniFilesByName) {
  const TempDir dir;
  for (const auto* name : {"b.ini", "a.ini", ".hidden.ini", "a.ini~", "#a.ini#", "a.ini.swp", "a.ini.cert", "README"})
    write_file(dir / name, "[Service]\nservice=a\nport=80\n");
  const auto services = read_service_directory(dir.path());
  ASSERT_THAT(services.services, SizeIs(2));
  EXPECT_EQ(services.services[0].title, "a");
  EXPECT_EQ(services.services[1].title, "b");
  EXPECT_THAT(services.errors, IsEmpty());
}

TEST(ServiceDirectory, KeepsTheOthersWhereOneIsBroken) {
  const TempDir dir;
  write_file(dir / "a.ini", "nonsense");
  write_file(dir / "b.ini", "[Service]\nservice=a\nport=80\n");
  fs::create_directory(dir / "c.ini");
  fs::create_symlink("nowhere", dir / "d.ini");
  const auto services = read_service_directory(dir.path());
  EXPECT_THAT(services.services, SizeIs(1));
  ASSERT_THAT(services.errors, SizeIs(3));
  EXPECT_EQ(services.errors[0].file(), dir / "a.ini");
  EXPECT_EQ(services.errors[0].line(), 1);
  EXPECT_THAT(services.errors[1].what(), HasSubstr("Is a directory"));
  EXPECT_THAT(services.errors[2].what(), HasSubstr("No such file"));
}

TEST(ServiceDirectory, HasExamplesThatWorkAsTheyAre) {
  const auto examples = read_service_directory(source_dir() / "services.d.example");
  EXPECT_THAT(examples.services, SizeIs(testing::Ge(4u)));
  EXPECT_THAT(examples.errors, IsEmpty());
  for (const auto& service : examples.services) EXPECT_THAT(service.warnings, IsEmpty()) << service.file;
}

}  // namespace
}  // namespace hardline::store
