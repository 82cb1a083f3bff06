#include "hardline/wire/cache_target.hpp"

#include <gtest/gtest.h>

namespace hardline::wire {
namespace {

using namespace std::literals;

std::string copy_of(std::string_view target) {
  const auto parsed = parse_cache_target(target);
  return parsed ? parsed->copy : "refused";
}

std::string normal(std::string_view target) {
  const auto parsed = parse_cache_target(target);
  return parsed ? parsed->target : "refused";
}

void expect_error(CacheTargetError error, std::initializer_list<std::string_view> targets) {
  for (const auto target : targets) {
    const auto parsed = parse_cache_target(target);
    EXPECT_TRUE(!parsed && parsed.error() == error) << target;
  }
}

TEST(CacheTarget, HasHardlineP2PsNames) {
  EXPECT_EQ(copy_of("/"), "@http");
  EXPECT_EQ(copy_of("/foo/bar"), "foo/bar@http");
  EXPECT_EQ(copy_of("/foo/bar/"), "foo/bar/@http");
  EXPECT_EQ(copy_of("/foo/bar.html?x=1"), "foo/bar.html%3Fx%3D1@http");
  EXPECT_EQ(copy_of("/foo/?a=b&c=d"), "foo/%3Fa%3Db%26c%3Dd@http");
  EXPECT_EQ(copy_of("/?a=b"), "%3Fa%3Db@http");
  EXPECT_EQ(copy_of("/a-b_c.d~e!f"), "a-b_c.d~e%21f@http");
}

TEST(CacheTarget, EncodesACopysNameOnceMore) {
  EXPECT_EQ(copy_of("/my%20file.txt"), "my%2520file.txt@http");
  EXPECT_EQ(copy_of("/caf%C3%A9"), "caf%25C3%25A9@http");
}

TEST(CacheTarget, CallsAManualFileWhatPeopleCallIt) {
  EXPECT_EQ(parse_cache_target("/my%20file.txt")->manual, "my file.txt");
  EXPECT_EQ(parse_cache_target("/caf%C3%A9/x.html?y")->manual, "café/x.html");
  EXPECT_EQ(parse_cache_target("/foo/")->manual, "foo/");
  EXPECT_EQ(parse_cache_target("/")->manual, "");
}

TEST(CacheTarget, KnowsTheTemplateOfAPath) {
  EXPECT_EQ(parse_cache_target("/foo/bar?x=1")->mako, "foo/bar@mako");
  EXPECT_EQ(parse_cache_target("/foo/")->mako, "foo/@mako");
  EXPECT_EQ(parse_cache_target("/")->mako, "@mako");
}

TEST(CacheTarget, TellsFoldersFromFiles) {
  EXPECT_TRUE(parse_cache_target("/")->is_folder());
  EXPECT_TRUE(parse_cache_target("/foo/?x=y")->is_folder());
  EXPECT_FALSE(parse_cache_target("/foo?x=/")->is_folder());
}

TEST(CacheTarget, TellsAnEmptyQueryFromNone) {
  EXPECT_TRUE(parse_cache_target("/foo?")->has_query);
  EXPECT_EQ(normal("/foo?"), "/foo?");
  EXPECT_EQ(copy_of("/foo?"), "foo%3F@http");
  EXPECT_FALSE(parse_cache_target("/foo")->has_query);
}

TEST(CacheTarget, DecodesWhatNeedsNoEncoding) {
  EXPECT_EQ(normal("/%7euser/%41%2D%5f%2ehtml?%7e"), "/~user/A-_.html?~");
}

TEST(CacheTarget, KeepsReservedCharactersAsTheyWereSent) {
  EXPECT_EQ(normal("/a!$&'()*+,;=:b?c!$&'()*+,;=:@/?d"), "/a!$&'()*+,;=:b?c!$&'()*+,;=:@/?d");
  EXPECT_EQ(normal("/a%21%3d%3fb?c%26d%23e"), "/a%21%3D%3Fb?c%26d%23e");
}

TEST(CacheTarget, EncodesWhatBrowsersSendRaw) {
  EXPECT_EQ(normal("/café?q=é"), "/caf%C3%A9?q=%C3%A9");
  EXPECT_EQ(normal("/[a]{b}|\"<>^`?x[]=\\"), "/%5Ba%5D%7Bb%7D%7C%22%3C%3E%5E%60?x%5B%5D=%5C");
}

TEST(CacheTarget, NamesEqualTargetsEqually) {
  EXPECT_EQ(*parse_cache_target("/%7Ea%c3%a9"), *parse_cache_target("/~aé"));
  EXPECT_NE(copy_of("/a%2Fb"), copy_of("/a/b"));
  EXPECT_NE(copy_of("/a%3Fb"), copy_of("/a?b"));
}

TEST(CacheTarget, AllowsAnAtInAQuery) {
  EXPECT_EQ(copy_of("/foo?mail=a@b"), "foo%3Fmail%3Da%40b@http");
}

TEST(CacheTarget, NeedsNoTextInAQuery) {
  EXPECT_EQ(normal("/foo?%ff%00%0a"), "/foo?%FF%00%0A");
  EXPECT_EQ(copy_of("/foo?%ff%00"), "foo%3F%25FF%2500@http");
}

TEST(CacheTarget, ReservesTheAt) {
  expect_error(CacheTargetError::reserved, {"/foo@http", "/foo%40http", "/@mako", "/foo/%40data/x", "/a@b?c", "/@"});
}

TEST(CacheTarget, RefusesWhatIsNoOriginForm) {
  expect_error(CacheTargetError::malformed, {"", "*", "foo", "?a", "http://a.example/", "a.example:443", "/foo#bar",
                                             "/foo?bar#", "/foo bar", "/foo?a b", " /foo"});
}

TEST(CacheTarget, RefusesWaysOut) {
  expect_error(CacheTargetError::malformed, {"/..",
                                             "/../etc/passwd",
                                             "/foo/..",
                                             "/foo/../bar",
                                             "/foo/../",
                                             "/.",
                                             "/./foo",
                                             "/foo/.",
                                             "/%2e%2e/foo",
                                             "/.%2E",
                                             "/%2e",
                                             "/foo/%2E%2e/bar",
                                             "/..%2Fetc/passwd",
                                             "/foo%2f..%2fbar",
                                             "/foo%2F.",
                                             "//..",
                                             "/..\\foo",
                                             "/foo\\..\\bar",
                                             "/..%5cfoo",
                                             "/foo%5C",
                                             "/../?a",
                                             "/..?a"});
}

TEST(CacheTarget, RefusesControlCharacters) {
  expect_error(CacheTargetError::malformed, {"/foo\0bar"sv, "/foo%00bar", "/foo%00", "/a\nb", "/a%0ab", "/a%0D%0Ab",
                                             "/a%09b", "/a\x7f", "/a%7F", "/a%C2%85b", "/a?\n", "/a?\0"sv, "/a?\x7f"});
}

TEST(CacheTarget, RefusesBadPercentEncoding) {
  expect_error(CacheTargetError::malformed,
               {"/%", "/%4", "/%4g", "/%g4", "/a%", "/%%41", "/%u0041", "/a?%", "/a?%4", "/a?%zz", "/%+1", "/%-1"});
}

TEST(CacheTarget, RefusesPathsThatAreNoText) {
  expect_error(CacheTargetError::malformed,
               {"/%ff", "/%C3", "/%c0%ae%c0%ae/", "/%C0%AF", "/%ED%A0%80", "/%F4%90%80%80", "/a\xff", "/a?\xff"});
}

TEST(CacheTarget, RefusesALongTarget) {
  EXPECT_TRUE(parse_cache_target("/" + std::string(kMaxCacheTarget - 1, 'a')));
  const auto long_target = "/" + std::string(kMaxCacheTarget, 'a');
  expect_error(CacheTargetError::too_long, {long_target});
}

TEST(CacheTarget, RefusesATargetThatIsLongOnceItIsEncoded) {
  const auto raw = "/" + std::string(kMaxCacheTarget / 2, '"');
  EXPECT_LT(raw.size(), kMaxCacheTarget);
  expect_error(CacheTargetError::too_long, {raw});
}

TEST(CacheTarget, HashesALongName) {
  EXPECT_EQ(copy_of("/" + std::string(kMaxCacheName, 'a')), std::string(kMaxCacheName, 'a') + "@http");
  // printf 'a%.0s' {1..193} | md5sum
  EXPECT_EQ(copy_of("/" + std::string(kMaxCacheName + 1, 'a')), "8ea3af1d9476fa0b6c04ce4f3a336c03@http");
  // The encoded name counts: python3 -c "print(hashlib.md5(urllib.parse.quote('?' * 65).encode()).hexdigest())"
  EXPECT_EQ(copy_of("/" + std::string(65, '?')), "0d232d02aa65275ec884f574a72eedd1@http");
}

TEST(CacheTarget, MakesNoDotFiles) {
  EXPECT_EQ(copy_of("/.well-known/x"), "%2Ewell-known/x@http");
  EXPECT_EQ(copy_of("/foo/.bar.baz"), "foo/%2Ebar.baz@http");
  EXPECT_EQ(copy_of("/foo?x=/../.y"), "foo%3Fx%3D/%2E./%2Ey@http");
  EXPECT_EQ(copy_of("/..."), "%2E..@http");
}

TEST(CacheTarget, MakesNoEmptyComponents) {
  EXPECT_EQ(copy_of("//foo"), "%2Ffoo@http");
  EXPECT_EQ(copy_of("/foo//bar"), "foo/%2Fbar@http");
  EXPECT_EQ(copy_of("/foo///"), "foo/%2F%2F@http");
  EXPECT_EQ(copy_of("/foo?u=http://a.example/"), "foo%3Fu%3Dhttp%3A/%2Fa.example/@http");
}

TEST(CacheTarget, ServesNothingByHandThatIsHiddenOrSecretOrAmbiguous) {
  for (const char* target : {"/.htaccess", "/foo/.git/config", "/.hardline-new/x", "/a.cert", "/A.PRIVATE", "/a.pem/b",
                             "//foo", "/foo//bar", "/foo//", "/foo%2Fbar", "/foo%2f", "/...", "/%2Ehidden"}) {
    const auto parsed = parse_cache_target(target);
    ASSERT_TRUE(parsed) << target;
    EXPECT_FALSE(parsed->manual) << target;
    EXPECT_FALSE(parsed->mako) << target;
  }
}

TEST(TargetOfCopy, IsTheInverse) {
  for (const char* target : {"/", "/foo/bar", "/foo/bar/", "/foo?x=1&y=a@b", "/my%20file", "/.well-known/x", "//a//",
                             "/?u=http://a.example/../x", "/caf%C3%A9?%00"})
    EXPECT_EQ(target_of_copy(copy_of(target)), target);
}

TEST(TargetOfCopy, DoesNotKnowAHashsTarget) {
  const auto name = copy_of("/" + std::string(200, 'a'));
  EXPECT_FALSE(target_of_copy(name));
  EXPECT_FALSE(target_of_copy("0123456789abcdef0123456789abcdef@http"));
  EXPECT_EQ(target_of_copy("foo/0123456789abcdef0123456789abcdef@http"), "/foo/0123456789abcdef0123456789abcdef");
}

TEST(TargetOfCopy, RefusesNamesOfNoCopy) {
  for (const char* name : {"",
                           "foo",
                           "foo@mako",
                           "foo@http.headers",
                           "foo@data",
                           "%@http",
                           "%4@http",
                           "foo%41@http",
                           "%2E%2E@http",
                           "..@http",
                           ".foo@http",
                           "/foo@http",
                           "foo//bar@http",
                           "a@b@http",
                           "a%40b@http",
                           "foo%3fx@http",
                           "foo?x@http",
                           "my file@http",
                           "foo%00@http",
                           "%257Ea@http"})
    EXPECT_FALSE(target_of_copy(name)) << name;
  EXPECT_FALSE(target_of_copy(std::string(kMaxCacheName + 1, 'a') + "@http"));
}

TEST(IsPrivate, KnowsCertificatesKeysAndPasswords) {
  for (const char* name : {"a.cert", "a.cert.private", "a.hash", "server.key", "x.PEM", "x.p12", "x.Pfx", ".key"})
    EXPECT_TRUE(is_private(name)) << name;
  for (const char* name : {"key", "pem.html", "a.keys", "certificate", "hash", "a.key.html"})
    EXPECT_FALSE(is_private(name)) << name;
}

TEST(IsPrivate, KnowsHiddenFilesAndTheFoldersOwn) {
  for (const char* name : {".", "..", ".htpasswd", "foo@http", "foo@http.headers", "@mako", "x@data", "a@b"})
    EXPECT_TRUE(is_private(name)) << name;
  EXPECT_FALSE(is_private("index.html"));
  EXPECT_FALSE(is_private(""));
}

TEST(BeginsAsPem, KnowsKeysAndCertificates) {
  for (const char* content : {"-----BEGIN CERTIFICATE-----\nMII", "-----BEGIN PRIVATE KEY-----",
                              "-----BEGIN OPENSSH PRIVATE KEY-----", "-----BEGIN PGP PRIVATE KEY BLOCK-----",
                              "\xef\xbb\xbf-----BEGIN RSA PRIVATE KEY-----", "\r\n \t-----BEGIN EC PRIVATE KEY-----"})
    EXPECT_TRUE(begins_as_pem(content)) << content;
}

TEST(BeginsAsPem, LetsOtherTextBe) {
  for (const char* content : {"", " ", "<html>", "-----", "-----BEGIN", "---- BEGIN X", "x-----BEGIN CERTIFICATE-----",
                              "-----BEGIN PGP PUBLIC KEY BLOCK-----", "-----BEGIN PGP SIGNED MESSAGE-----"})
    EXPECT_FALSE(begins_as_pem(content)) << content;
}

TEST(SidecarName, IsOneOfTheCopyOrOfTheFile) {
  EXPECT_EQ(sidecar_name("foo/bar@http"), "foo/bar@http.headers");
  EXPECT_EQ(sidecar_name("foo/bar.html"), "foo/bar.html@http.headers");
  EXPECT_EQ(sidecar_name("@http"), "@http.headers");
}

}  // namespace
}  // namespace hardline::wire
