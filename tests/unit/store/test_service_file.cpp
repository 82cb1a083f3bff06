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

/// Of a service file with these lines in [Service], and [Cache] directory=photos.
CacheSettings cache(const std::string& service_lines, const std::string& cache_lines = "") {
  return std::get<CacheSettings>(
      parse("[Cache]\ndirectory=photos\n" + cache_lines + "\n[Service]\n" + service_lines + "\n").origin);
}

std::string cache_error(const std::string& service_lines, const std::string& cache_lines = "") {
  return error("[Service]\n" + service_lines + "\n[Cache]\ndirectory=photos\n" + cache_lines + "\n");
}

/// What a cache fetches from, as people read it.
std::string upstream(const std::string& service_lines) {
  const auto settings = cache(service_lines);
  return settings.upstream ? to_string(*settings.upstream) : "nothing";
}

TEST(ServiceFile, IsReadAsTheOldProgramWroteIt) {
  const auto service = parse(
      "[Service]\nservice=http://localhost\nport=8080\ncertfile=/keys/app.cert\n\n"
      "[Info]\ntitle=\"My Service\"\n\n"
      "[Cache]\ndirectory=cache\nmaxAge=3600\nmaxSize=1GB\ndownloadRateLimit=10\nallowListing=yes\ndynamicContent="
      "no\n\n"
      "[Access]\nuseDHT=no\n");
  EXPECT_EQ(service.file, kFile);
  EXPECT_EQ(to_string(service.origin), "cache of http://localhost:8080");
  EXPECT_EQ(service.certfile, "/keys/app.cert");
  EXPECT_EQ(service.title, "My Service");
  EXPECT_FALSE(service.use_dht);
  const auto& cached = std::get<CacheSettings>(service.origin);
  EXPECT_EQ(cached.directory, "cache");
  EXPECT_EQ(cached.max_age, std::chrono::hours(1));
  EXPECT_EQ(cached.max_size, 1u << 30);
  EXPECT_EQ(cached.download_rate_limit, 10u << 20);
  EXPECT_TRUE(cached.allow_listing);
  EXPECT_FALSE(cached.dynamic_content);
  EXPECT_THAT(service.warnings, IsEmpty());
}

TEST(ServiceFile, HasDefaultsForAllButTheOrigin) {
  const auto expected = parse("[Service]\nservice=::1\nport=80\n");
  EXPECT_EQ(expected.certfile, "/etc/hardline/services/app.ini.cert");
  EXPECT_EQ(expected.title, "app");
  EXPECT_FALSE(expected.paused);
  EXPECT_TRUE(expected.listed);
  EXPECT_FALSE(expected.hide_password);
  EXPECT_TRUE(expected.use_dht);
  EXPECT_EQ(expected.origin, ServiceOrigin(OriginAddress(HostPort{"::1", 80})));
  EXPECT_EQ(
      parse("[Service]\nservice=::1\nport=80\ncertfile=\nverify=\npaused=\n[Info]\ntitle=\nlisted=\n[Access]\nuseDHT=\n"
            "hidepassword=\n[Cache]\ndirectory=\nmaxAge=\nmaxSize=\ndownloadRateLimit=\nallowListing=\n"
            "dynamicContent=\n"),
      expected);
}

TEST(ServiceFile, ReadsOurOwnKeys) {
  const auto service =
      parse("[Service]\nservice=a\nport=80\npaused=yes\n[Info]\nlisted=no\n[Access]\nhidepassword=yes\n");
  EXPECT_TRUE(service.paused);
  EXPECT_THAT(service.warnings, IsEmpty());
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

TEST(ServiceFile, SaysThatHttpsNeedsACache) {
  EXPECT_THAT(error("[Service]\nservice=https://example.org\nport=443\n"),
              testing::AllOf(HasSubstr(":2: service: is an https server"), HasSubstr("[Cache] with directory=")));
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
      "\n"
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

TEST(ServiceFile, WarnsOnceOfACacheWithoutItsFolder) {
  const auto service = parse("[Service]\nservice=a\nport=80\n[Cache]\ndirectory=\nmaxAge=soon\nmaxSize=1M\n");
  EXPECT_EQ(to_string(service.origin), "a:80");
  EXPECT_THAT(service.warnings, ElementsAre(std::string(kFile) + ":6: [Cache] has no effect; it needs "
                                                                 "directory=, the folder for the copies"));
}

TEST(CachedService, FetchesFromTheUrlThatIsGiven) {
  EXPECT_EQ(upstream("service=http://localhost"), "http://localhost:80");
  EXPECT_EQ(upstream("service=http://localhost:8000/"), "http://localhost:8000");
  EXPECT_EQ(upstream("service=https://example.org/"), "https://example.org:443");
  EXPECT_EQ(upstream("service=HTTPS://example.org:8443"), "https://example.org:8443");
  EXPECT_EQ(upstream("service=https://[2001:db8::1]"), "https://[2001:db8::1]:443");
  EXPECT_EQ(upstream("service=https://[2001:db8::1]:8443"), "https://[2001:db8::1]:8443");
  EXPECT_EQ(upstream("service=unix:/run/wiki.sock"), "unix:/run/wiki.sock");
}

TEST(CachedService, TakesThePortFromItsOwnKeyToo) {
  EXPECT_EQ(upstream("service=http://localhost\nport=8000"), "http://localhost:8000");
  EXPECT_EQ(upstream("service=https://example.org\nport=8443"), "https://example.org:8443");
  EXPECT_EQ(upstream("service=https://example.org:8443\nport=8443"), "https://example.org:8443");
  EXPECT_THAT(cache_error("service=http://localhost:8000\nport=8001"),
              HasSubstr(":3: port: is not the port in 'service=http://localhost:8000'"));
}

TEST(CachedService, TakesPort80BesideAUrlForNoneAsTheOldProgramDid) {
  EXPECT_EQ(upstream("service=https://example.org\nport=80"), "https://example.org:443");
  EXPECT_EQ(upstream("service=https://example.org:8443\nport=80"), "https://example.org:8443");
  EXPECT_EQ(upstream("service=http://localhost\nport=80"), "http://localhost:80");
}

TEST(CachedService, TakesABareHostForHttpsAsTheOldProgramDid) {
  EXPECT_EQ(upstream("service=example.org"), "https://example.org:443");
  EXPECT_EQ(upstream("service=example.org\nport=443"), "https://example.org:443");
  EXPECT_EQ(upstream("service=localhost\nport=8000"), "http://localhost:8000");
  EXPECT_EQ(upstream("service=::1\nport=80"), "http://[::1]:80");
}

TEST(CachedService, IsOfAWholeServer) {
  for (const auto* bad :
       {"https://example.org/wiki", "https://example.org//", "https://example.org?x=1", "https://example.org/#a",
        "https://me@example.org", "https://me:secret@example.org", "https://", "https://:443", "https://example.org:0",
        "https://example.org:65536", "https://example.org:", "https://example.org:80:80", "https://[::1",
        "https://[::1]80", "http://unix:/run/a", "http://https://a", "ftp://example.org", "localhost:8000", "a b"})
    EXPECT_THAT(cache_error(std::string("service=") + bad), HasSubstr(":2: service: must be the web server alone"))
        << bad;
  EXPECT_THAT(cache_error("service=unix:/run/a\nport=80"), HasSubstr(":3: port: has no meaning with 'unix:'"));
  EXPECT_THAT(cache_error("service=https://a\nport=x"), HasSubstr(":3: port: must be a number from 1"));
}

TEST(CachedService, VerifiesItsServerUnlessItIsToldNotTo) {
  EXPECT_TRUE(cache("service=https://example.org").upstream->verify);
  EXPECT_TRUE(cache("service=https://example.org\nverify=yes").upstream->verify);
  EXPECT_FALSE(cache("service=https://example.org\nVERIFY=no").upstream->verify);
}

TEST(CachedService, HasNothingToVerifyWithoutHttps) {
  constexpr auto kSaid = ": verify: has no meaning here";
  for (const auto* other :
       {"service=http://localhost", "service=localhost\nport=80", "service=unix:/run/a", "service="})
    EXPECT_THAT(cache_error(std::string(other) + "\nverify=no"), HasSubstr(kSaid)) << other;
  EXPECT_THAT(error("[Service]\nservice=localhost\nport=80\nverify=no\n"), HasSubstr(kSaid));
  EXPECT_EQ(error("[Service]\nservice=localhost\nport=80\nverify=yes\n"), "no error");
}

TEST(CachedService, IsAFolderAloneWithoutAServer) {
  EXPECT_EQ(upstream("service="), "nothing");
  EXPECT_EQ(upstream("certfile="), "nothing");
  EXPECT_EQ(to_string(parse("[Cache]\ndirectory=/srv/photos\n").origin), "folder /srv/photos");
}

TEST(CachedService, HasNoPortWithoutAServer) {
  EXPECT_THAT(cache_error("service=\nport=8080"), HasSubstr(":3: port: has no meaning without 'service='"));
  EXPECT_EQ(cache_error("service=\nport=80"), "no error") << "as the old program wrote it by itself";
}

TEST(CachedService, PointsAtAMistypedKeyInsteadOfPublishingTheFolderAlone) {
  EXPECT_THAT(cache_error("servce=example.org"), HasSubstr(":2: servce: is not known; did you mean 'service='?"));
  EXPECT_THAT(error("[Service]\n[Cache]\ndirectry=/srv/photos\n"),
              HasSubstr(":3: directry: is not known; did you mean 'directory='?"));
}

TEST(CachedService, KeepsItsFolderAsItIsWritten) {
  for (const auto* good : {"photos", "cache/photos", "./photos/", "a/../photos", "/srv/photos", "...", "..photos"}) {
    const auto service = parse(std::string("[Cache]\ndirectory=") + good + "\n");
    EXPECT_EQ(std::get<CacheSettings>(service.origin).directory, fs::path(good));
  }
}

TEST(CachedService, HasARelativeFolderWithinTheStateFolderOnly) {
  for (const auto* bad : {".", "./", "..", "../photos", "a/../..", "a/..", "a/../../photos"})
    EXPECT_THAT(error(std::string("[Cache]\ndirectory=") + bad + "\n"),
                HasSubstr(":2: directory: must be a folder within the daemon's state folder"))
        << bad;
  EXPECT_THAT(error("[Cache]\ndirectory=~/photos\n"), HasSubstr("'~' is not expanded"));
}

TEST(CachedService, HasALifeInSeconds) {
  EXPECT_EQ(cache("", "maxAge=0").max_age, std::chrono::seconds(0));
  EXPECT_EQ(cache("", "MAXAGE=3600").max_age, std::chrono::hours(1));
  EXPECT_EQ(cache("", "maxAge=3153600000").max_age, std::chrono::seconds(3153600000));
  for (const auto* bad : {"-1", "1.5", "1h", "3153600001", "99999999999999999999", "week"})
    EXPECT_THAT(cache_error("", std::string("maxAge=") + bad), HasSubstr("maxage: must be a whole number of seconds"))
        << bad;
}

TEST(CachedService, HasASizeOfAMegabyteOrMore) {
  EXPECT_EQ(cache("", "maxSize=2G").max_size, 2ULL << 30);
  EXPECT_EQ(cache("", "maxSize=1048576").max_size, 1u << 20);
  EXPECT_THAT(cache_error("", "maxSize=2"), HasSubstr("maxsize: is 2 octets, and must be at least 64k"));
  EXPECT_THAT(cache_error("", "maxSize=4096"), HasSubstr("write an M after the number"));
  for (const auto* bad : {"-1", "much", "99999999999999999999", "9000000T", "1 MX"})
    EXPECT_THAT(cache_error("", std::string("maxSize=") + bad), HasSubstr("maxsize: must be a number of octets"))
        << bad;
}

TEST(CachedService, HasARateInMegabytesAnHour) {
  EXPECT_EQ(cache("", "downloadRateLimit=0").download_rate_limit, 0u);
  EXPECT_EQ(cache("", "downloadRateLimit=600").download_rate_limit, 600u << 20);
  EXPECT_EQ(cache("", "downloadRateLimit=1200MB").download_rate_limit, 1200u << 20);
  EXPECT_EQ(cache("", "downloadRateLimit=0.5").download_rate_limit, 1u << 19);
  EXPECT_EQ(cache("", "downloadRateLimit=500k").download_rate_limit, 500u << 10);
  for (const auto* bad : {"-1", "10mb/s", "99999999999999999999"})
    EXPECT_THAT(cache_error("", std::string("downloadRateLimit=") + bad),
                HasSubstr("downloadratelimit: must be a number of megabytes an hour"))
        << bad;
}

TEST(CachedService, ListsAndRendersOnlyWhenToldTo) {
  EXPECT_TRUE(cache("", "allowListing=yes").allow_listing);
  EXPECT_TRUE(cache("", "dynamicContent=on").dynamic_content);
  EXPECT_FALSE(cache("").allow_listing);
  EXPECT_FALSE(cache("").dynamic_content);
  EXPECT_THAT(cache_error("", "allowListing=perhaps"), HasSubstr("allowlisting: must be yes or no"));
  EXPECT_THAT(cache_error("", "dynamicContent=perhaps"), HasSubstr("dynamiccontent: must be yes or no"));
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

/// The example, which must be there.
ServiceFile example(const std::string& name) {
  return read_service_file(source_dir() / "services.d.example" / name);
}

TEST(ServiceDirectory, HasExamplesThatWorkAsTheyAre) {
  const auto examples = read_service_directory(source_dir() / "services.d.example");
  EXPECT_THAT(examples.services, SizeIs(testing::Ge(5u)));
  EXPECT_THAT(examples.errors, IsEmpty());
  for (const auto& service : examples.services) EXPECT_THAT(service.warnings, IsEmpty()) << service.file;
}

TEST(ServiceDirectory, HasAnExampleOfACache) {
  const auto cached = std::get<CacheSettings>(example("cached.ini").origin);
  EXPECT_EQ(cached.directory, "cache/photos");
  EXPECT_EQ(cached.upstream, (Upstream{HostPort{"example.org", 443}, true, true}));
  EXPECT_EQ(cached.max_age, std::chrono::hours(1));
  EXPECT_EQ(cached.max_size, 2ULL << 30);
  EXPECT_EQ(cached.download_rate_limit, 600u << 20);
}

TEST(ServiceDirectory, HasAnExampleOfAFolder) {
  const auto folder = std::get<CacheSettings>(example("folder.ini").origin);
  EXPECT_EQ(folder.directory, "/srv/photos");
  EXPECT_EQ(folder.upstream, std::nullopt);
  EXPECT_TRUE(folder.allow_listing);
  EXPECT_FALSE(folder.dynamic_content);
}

TEST(ServiceDirectory, HasExamplesOfEveryKeyOfTheCache) {
  std::string text = file_content(source_dir() / "services.d.example/cached.ini");
  for (const auto* key : {"service", "port", "verify", "directory", "maxAge", "maxSize", "downloadRateLimit",
                          "allowListing", "dynamicContent"})
    EXPECT_THAT(text, HasSubstr(std::string("\n") + key + "="));
}

}  // namespace
}  // namespace hardline::store
