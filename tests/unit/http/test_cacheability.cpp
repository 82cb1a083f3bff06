#include "hardline/http/cacheability.hpp"

#include <gtest/gtest.h>

namespace hardline::http {
namespace {

using namespace std::chrono_literals;

CacheControl said(std::string value) {
  return parse_cache_control({{"Cache-Control", std::move(value)}});
}

TEST(CacheControl, SaysNothingWhereNothingIsSaid) {
  for (const auto& control : {parse_cache_control({}), said(""), said("public, immutable, , x=y")}) {
    EXPECT_FALSE(control.no_store || control.is_private || control.no_cache);
    EXPECT_FALSE(control.max_age);
  }
}

TEST(CacheControl, ReadsItsDirectivesInAnyCase) {
  EXPECT_TRUE(said("no-store").no_store);
  EXPECT_TRUE(said("Private").is_private);
  EXPECT_TRUE(said("NO-CACHE").no_cache);
  const auto all = said("no-store,private , no-cache;,no-cache, max-age=5");
  EXPECT_TRUE(all.no_store && all.is_private && all.no_cache);
  EXPECT_EQ(all.max_age, 5s);
}

TEST(CacheControl, ReadsAllFields) {
  const auto control = parse_cache_control({{"Cache-Control", "max-age=5"}, {"X", "y"}, {"cache-control", "no-store"}});
  EXPECT_TRUE(control.no_store);
  EXPECT_EQ(control.max_age, 5s);
}

TEST(CacheControl, TakesADirectiveForSomeFieldsForOneForAll) {
  EXPECT_TRUE(said("private=\"Set-Cookie, X\", max-age=5").is_private);
  EXPECT_EQ(said("private=\"Set-Cookie, X\", max-age=5").max_age, 5s);
  EXPECT_TRUE(said("no-cache=X").no_cache);
  EXPECT_TRUE(said("private=").is_private);
}

TEST(CacheControl, TakesASemicolonForTheCommaThatWasMeant) {
  const auto control = said("private; max-age=5; no-store");
  EXPECT_TRUE(control.is_private && control.no_store);
  EXPECT_EQ(control.max_age, 5s);
}

TEST(CacheControl, DoesNotLookIntoQuotedStrings) {
  EXPECT_FALSE(said("x=\"a, no-store, \\\", private\"").no_store);
  EXPECT_FALSE(said("x=\"a, no-store, \\\", private\"").is_private);
}

TEST(CacheControl, IsNotHiddenByAQuoteThatIsNeverClosed) {
  EXPECT_TRUE(said("x=\"a, no-store").no_store);
  EXPECT_TRUE(said("x=\"a\\\", no-store").no_store);
}

TEST(CacheControl, PrefersTheAgeForCachesOfMany) {
  EXPECT_EQ(said("max-age=5, s-maxage=60").max_age, 60s);
  EXPECT_EQ(said("s-maxage=60, max-age=5").max_age, 60s);
}

TEST(CacheControl, ReadsAnAgeInQuotes) {
  EXPECT_EQ(said("max-age=\"60\"").max_age, 60s);
  EXPECT_EQ(said("max-age = 60").max_age, 60s);
}

TEST(CacheControl, TakesABrokenAgeForNone) {
  for (const char* value : {"max-age", "max-age=", "max-age=x", "max-age=-1", "max-age=1.5", "max-age=5 6",
                            "max-age=\"", "max-age=\"5", "s-maxage=x, max-age=5"})
    EXPECT_EQ(said(value).max_age, 0s) << value;
}

TEST(CacheControl, TakesTheLeastOfSeveralAges) {
  EXPECT_EQ(said("max-age=60, max-age=5, max-age=70").max_age, 5s);
}

TEST(CacheControl, BoundsAnAgeWithoutOverflow) {
  const auto ten_years = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::years(10));
  EXPECT_EQ(said("max-age=99999999999").max_age, ten_years);
  EXPECT_EQ(said("max-age=" + std::string(1000, '9')).max_age, ten_years);
  EXPECT_EQ(said("max-age=31536000").max_age, 31536000s);
}

TEST(IsStorable, AnOrdinaryAnswer) {
  EXPECT_TRUE(is_storable(200, {{"Content-Type", "text/html"}, {"Cache-Control", "public, max-age=60"}}));
  EXPECT_TRUE(is_storable(301, {{"Location", "/x"}}));
  EXPECT_TRUE(is_storable(308, {{"Location", "/x"}}));
  EXPECT_TRUE(is_storable(200, {{"Cache-Control", "no-cache"}}));
}

TEST(IsStorable, NoOtherStatus) {
  for (const int status : {0, 100, 204, 206, 302, 303, 304, 307, 404, 410, 500, 503})
    EXPECT_FALSE(is_storable(status, {})) << status;
}

TEST(IsStorable, NothingOfOneVisitor) {
  EXPECT_FALSE(is_storable(200, {{"set-cookie", "a=b"}}));
  EXPECT_FALSE(is_storable(200, {{"Set-Cookie2", "a=b"}}));
  EXPECT_FALSE(is_storable(200, {{"Cache-Control", "private"}}));
  EXPECT_FALSE(is_storable(200, {{"Cache-Control", "max-age=5"}, {"Cache-Control", "no-store"}}));
}

TEST(IsStorable, NoPart) {
  EXPECT_FALSE(is_storable(200, {{"Content-Range", "bytes 0-1/2"}}));
}

TEST(IsStorable, NothingThatVariesOnMoreThanTheEncoding) {
  EXPECT_TRUE(is_storable(200, {{"Vary", "accept-encoding"}}));
  EXPECT_TRUE(is_storable(200, {{"Vary", ""}, {"Vary", "Accept-Encoding, Accept-Encoding"}}));
  for (const char* value : {"*", "Cookie", "Accept-Encoding, Origin", "Accept", "Accept-Encoding-X"})
    EXPECT_FALSE(is_storable(200, {{"Vary", value}})) << value;
  EXPECT_FALSE(is_storable(200, {{"Vary", "Accept-Encoding"}, {"Vary", "Cookie"}}));
}

TEST(AcceptsGzip, WhereItIsNamed) {
  for (const char* value : {"gzip", "GZip", "x-gzip", "gzip, deflate, br", "br;q=1.0, gzip;q=0.8, *;q=0.1",
                            "deflate , gzip ; q=0.001", "gzip;q=1", "gzip; Q=1.000", "identity, *"})
    EXPECT_TRUE(accepts_gzip({{"Accept-Encoding", value}})) << value;
}

TEST(AcceptsGzip, NotWhereItIsRefused) {
  for (const char* value : {"", "identity", "br", "gzip;q=0", "gzip;q=0.", "gzip;q=0.000", "gzip;Q=0, *", "*;q=0",
                            "*, gzip;q=0", "gzipped", "gzip;q=", "gzip;q=x", "gzip, gzip;q=0"})
    EXPECT_FALSE(accepts_gzip({{"Accept-Encoding", value}})) << value;
  EXPECT_FALSE(accepts_gzip({}));
}

TEST(IsHopByHop, KnowsTheConnectionsOwn) {
  for (const char* name : {"Connection", "keep-alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding",
                           "Upgrade", "Proxy-Authenticate", "Proxy-Authorization"})
    EXPECT_TRUE(is_hop_by_hop(name, {})) << name;
  for (const char* name : {"Content-Length", "Content-Type", "Date", "T", ""}) EXPECT_FALSE(is_hop_by_hop(name, {}));
}

TEST(IsHopByHop, ReadsWhatConnectionNames) {
  const http::HeaderFields fields{{"Connection", "close, X-Mine"}, {"connection", "x-yours"}};
  EXPECT_TRUE(is_hop_by_hop("x-mine", fields));
  EXPECT_TRUE(is_hop_by_hop("X-Yours", fields));
  EXPECT_FALSE(is_hop_by_hop("X-Theirs", fields));
}

TEST(CacheControl, IsWhatExpiresSaysWhereNothingElseDoes) {
  const std::pair<std::string, std::string> date{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"};
  const auto age = [&](const http::HeaderFields& fields) { return parse_cache_control(fields).max_age; };
  EXPECT_EQ(age({date, {"Expires", "Sun, 06 Nov 1994 08:50:37 GMT"}}), std::chrono::seconds(60));
  EXPECT_EQ(age({date, {"Expires", "Sun, 06 Nov 1994 08:48:37 GMT"}}), std::chrono::seconds(0));
  EXPECT_EQ(age({date, {"Expires", "0"}}), std::chrono::seconds(0));
  EXPECT_EQ(age({date, {"Expires", "Sun, 06 Nov 1994 08:50:37 GMT"}, {"Cache-Control", "max-age=5"}}),
            std::chrono::seconds(5));
  EXPECT_EQ(age({date}), std::nullopt);
}

TEST(ContentEncoding, IsGzipWhereItIsThatAlone) {
  EXPECT_TRUE(is_gzip({{"Content-Encoding", "gzip"}}));
  EXPECT_TRUE(is_gzip({{"content-encoding", "X-GZIP"}}));
  for (const auto* other : {"br", "gzip, br", "identity", ""}) EXPECT_FALSE(is_gzip({{"Content-Encoding", other}}));
  EXPECT_FALSE(is_gzip({{"Content-Encoding", "gzip"}, {"Content-Encoding", "gzip"}}));
  EXPECT_FALSE(is_gzip({}));
}

}  // namespace
}  // namespace hardline::http
