#include "hardline/http/url.hpp"

#include <gtest/gtest.h>

namespace hardline::http {
namespace {

TEST(Url, ReadsAServersNameAlone) {
  EXPECT_EQ(Url::parse("dhtproxy.jami.net"), (Url{false, {"dhtproxy.jami.net", 80}, "/"}));
}

TEST(Url, TakesTheSchemesOwnPort) {
  EXPECT_EQ(Url::parse("http://a.example/"), (Url{false, {"a.example", 80}, "/"}));
  EXPECT_EQ(Url::parse("https://a.example"), (Url{true, {"a.example", 443}, "/"}));
}

TEST(Url, ReadsAPortAndAPath) {
  EXPECT_EQ(Url::parse("https://a.example:8443/dht/proxy"), (Url{true, {"a.example", 8443}, "/dht/proxy"}));
  EXPECT_EQ(Url::parse("localhost:4223"), (Url{false, {"localhost", 4223}, "/"}));
}

TEST(Url, LeavesSlashesOffTheEnd) {
  EXPECT_EQ(Url::parse("a.example/x/")->path, "/x");
  EXPECT_EQ(Url::parse("a.example/x//")->path, "/x");
  EXPECT_EQ(Url::parse("a.example///")->path, "/");
}

TEST(Url, ReadsAddresses) {
  EXPECT_EQ(Url::parse("http://192.0.2.1:4223")->where, (HostPort{"192.0.2.1", 4223}));
  EXPECT_EQ(Url::parse("http://[2001:db8::1]:4223")->where, (HostPort{"2001:db8::1", 4223}));
  EXPECT_EQ(Url::parse("https://[2001:DB8::1]/x")->where, (HostPort{"2001:db8::1", 443}));
}

TEST(Url, TakesSchemeAndHostInAnyCase) {
  EXPECT_EQ(Url::parse("HTTPS://A.Example/X"), (Url{true, {"a.example", 443}, "/X"}));
}

TEST(Url, RefusesWhatIsNoServer) {
  for (const char* text : {"",
                           "/",
                           "http://",
                           "https:///x",
                           "ftp://a.example",
                           "mailto:a",
                           "http://:80",
                           "a.example:",
                           "a.example:0",
                           "a.example:65536",
                           "a.example:http",
                           "2001:db8::1",
                           "[2001:db8::1",
                           "[a.example]",
                           "[::1%25eth0]",
                           "http://user@a.example",
                           "http://user:pass@a.example/",
                           "a b.example",
                           " a.example",
                           "a.example ",
                           "a,b",
                           "a%2e"})
    EXPECT_FALSE(Url::parse(text)) << text;
}

TEST(Url, RefusesAQueryAndAFragment) {
  for (const char* text : {"http://a.example?x", "http://a.example/?x", "http://a.example/x#y", "http://a.example#y"})
    EXPECT_FALSE(Url::parse(text)) << text;
}

TEST(Url, RefusesAPathThatCouldNotBeSent) {
  for (const char* text : {"http://a.example/a b", "http://a.example/a\r\nX: y", "http://a.example/\xc3\xa9",
                           "http://a.example/%", "http://a.example/%4", "http://a.example/%zz"})
    EXPECT_FALSE(Url::parse(text)) << text;
  EXPECT_EQ(Url::parse("http://a.example/%41~b")->path, "/%41~b");
}

TEST(Url, IsWrittenWithoutWhatGoesWithoutSaying) {
  for (const char* text : {"http://a.example", "https://a.example", "http://a.example:443", "https://a.example:80/x/y",
                           "http://[::1]", "http://[::1]:4223/x"})
    EXPECT_EQ(Url::parse(text)->to_string(), text);
  EXPECT_EQ(Url::parse("https://a.example:443/")->to_string(), "https://a.example");
  EXPECT_EQ(Url::parse("a.example:80")->to_string(), "http://a.example");
}

}  // namespace
}  // namespace hardline::http
