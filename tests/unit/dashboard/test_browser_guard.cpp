#include "hardline/dashboard/browser_guard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace hardline::dashboard {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr auto kHost = "localhost:7009";
constexpr auto kOrigin = "http://localhost:7009";
/// A page that came through the tunnel: another origin of the same site.
constexpr auto kNeighbour = "http://jellyfin.localhost:7009";

struct GuardOf7009 : testing::Test {
  Verdict judge(std::string method, std::string target, Fields fields) const {
    return guard.judge({std::move(method), std::move(target), std::move(fields), {}});
  }

  /// With the right Host.
  Verdict read(Fields fields, std::string target = "/api/status") const {
    fields.insert(fields.begin(), {"Host", kHost});
    return judge("GET", std::move(target), std::move(fields));
  }

  /// With the right Host and token.
  Verdict change(Fields fields, std::string method = "PUT") const {
    fields.insert(fields.begin(), {{"Host", kHost}, {"X-Hardline-Token", guard.token()}});
    return judge(std::move(method), "/api/names/nas", std::move(fields));
  }

  BrowserGuard guard{7009};
};

using Hosts = GuardOf7009;
using Reading = GuardOf7009;
using Visit = GuardOf7009;
using Change = GuardOf7009;

TEST(BrowserGuard, MakesATokenOf64DigitsThatIsNewEachTime) {
  const BrowserGuard one(7009);
  const BrowserGuard other(7009);
  EXPECT_THAT(one.token(), testing::MatchesRegex("[0-9a-f]{64}"));
  EXPECT_NE(one.token(), other.token());
}

TEST_F(Hosts, TakesBothNamesAloneAndWithThePortInAnyCase) {
  for (const auto* host : {"localhost", "localhost:7009", "hardline.localhost", "hardline.localhost:7009", "LocalHost",
                           "HARDLINE.localhost"})
    EXPECT_EQ(judge("GET", "/", {{"Host", host}}), Verdict::allowed) << host;
}

TEST_F(Hosts, RefusesEveryOther) {
  for (const auto* host :
       {"", "127.0.0.1:7009", "[::1]:7009", "localhost:7008", "localhost:80", "localhost:", "localhost:07009",
        "localhost.", "localhost.:7009", "hardline.localhost.", "www.localhost", "a.hardline.localhost", "hardline",
        "evil.example:7009", "localhost.evil.example", "xlocalhost", "localhost:7009@evil", "localhost:7009/"})
    EXPECT_EQ(judge("GET", "/", {{"Host", host}}), Verdict::wrong_host) << host;
}

TEST_F(Hosts, RefusesNoneAndTwo) {
  EXPECT_EQ(judge("GET", "/", {}), Verdict::wrong_host);
  EXPECT_EQ(judge("GET", "/", {{"Host", kHost}, {"host", kHost}}), Verdict::wrong_host);
}

TEST_F(Hosts, AreJudgedBeforeAnythingElseAndForProxyPacToo) {
  EXPECT_EQ(judge("GET", "/proxy.pac", {{"Host", "evil.example"}}), Verdict::wrong_host);
  EXPECT_EQ(judge("GET", "/", {{"Host", "evil.example"}, {"Origin", "http://evil.example"}}), Verdict::wrong_host);
}

TEST_F(Reading, IsForThePageItself) {
  EXPECT_EQ(read({{"Sec-Fetch-Site", "same-origin"}}), Verdict::allowed);
  EXPECT_EQ(read({{"Origin", kOrigin}, {"Sec-Fetch-Site", "same-origin"}}), Verdict::allowed);
  EXPECT_EQ(read({{"Origin", kOrigin}}), Verdict::allowed);
}

TEST_F(Reading, IsForWhoeverTypedTheAddress) {
  EXPECT_EQ(read({{"Sec-Fetch-Site", "none"}}), Verdict::allowed);
}

TEST_F(Reading, IsForProgramsWhichSayNothingOfASite) {
  EXPECT_EQ(read({}), Verdict::allowed);
}

TEST_F(Reading, IsNotForOtherSitesNorForNeighboursOfTheSame) {
  for (const auto* site : {"cross-site", "same-site", "", "Same-Origin", "anything"})
    EXPECT_EQ(read({{"Sec-Fetch-Site", site}}), Verdict::cross_site) << site;
  EXPECT_EQ(read({{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "cross-site"}}), Verdict::cross_site);
}

TEST_F(Reading, IsNotForAnotherOriginWhateverItSaysOfItsSite) {
  for (const auto* origin :
       {kNeighbour, "null", "", "https://localhost:7009", "http://localhost", "http://localhost:80",
        "http://hardline.localhost:7009", "http://localhost:7009/", "HTTP://localhost:7009"}) {
    EXPECT_EQ(read({{"Origin", origin}}), Verdict::cross_site) << origin;
    EXPECT_EQ(read({{"Origin", origin}, {"Sec-Fetch-Site", "same-origin"}}), Verdict::cross_site) << origin;
  }
  EXPECT_EQ(read({{"Origin", kOrigin}, {"Origin", kNeighbour}}), Verdict::cross_site);
}

TEST_F(Reading, OwnOriginIsTheOneOfTheHostThatWasAsked) {
  const Fields by_name = {{"Host", "HARDLINE.localhost:7009"}, {"Origin", "http://hardline.localhost:7009"}};
  EXPECT_EQ(judge("GET", "/api/status", by_name), Verdict::allowed);
  const Fields without_port = {{"Host", "localhost"}, {"Origin", kOrigin}};
  EXPECT_EQ(judge("GET", "/api/status", without_port), Verdict::cross_site);
}

TEST_F(Reading, AnOldBrowsersRefererMustBeOfThisPage) {
  for (const auto* referer : {"http://localhost:7009/", "http://localhost:7009", "http://localhost:7009/?pin=nas"})
    EXPECT_EQ(read({{"Referer", referer}}), Verdict::allowed) << referer;
  for (const auto* referer : {"http://jellyfin.localhost:7009/", "http://localhost:70091/", "http://localhost/", "x",
                              "", "http://localhost:7009.evil.example/", "http://localhost:7009@evil.example/"})
    EXPECT_EQ(read({{"Referer", referer}}), Verdict::cross_site) << referer;
  EXPECT_EQ(read({{"Referer", kOrigin}, {"Referer", kOrigin}}), Verdict::cross_site);
}

TEST_F(Reading, HeadIsReading) {
  EXPECT_EQ(judge("HEAD", "/", {{"Host", kHost}}), Verdict::allowed);
  EXPECT_EQ(judge("HEAD", "/", {{"Host", kHost}, {"Sec-Fetch-Site", "cross-site"}}), Verdict::cross_site);
}

TEST_F(Visit, MayComeFromAnywhere) {
  for (const auto* site : {"cross-site", "same-site"})
    for (const auto* target : {"/", "/?pin=nas"})
      EXPECT_EQ(
          read({{"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", "navigate"}, {"Sec-Fetch-Dest", "document"}}, target),
          Verdict::allowed)
          << site << target;
}

TEST_F(Visit, IsToThePageAlone) {
  for (const auto* target : {"/api/status", "/events", "/qr.svg?text=x", "//", "/index.html", "/dashboard.js"})
    EXPECT_EQ(
        read({{"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Mode", "navigate"}, {"Sec-Fetch-Dest", "document"}}, target),
        Verdict::cross_site)
        << target;
}

TEST_F(Visit, IsNoFrameNoImageAndNoFetch) {
  for (const auto* dest : {"iframe", "frame", "embed", "object", "image", "empty", ""})
    EXPECT_EQ(read({{"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Mode", "navigate"}, {"Sec-Fetch-Dest", dest}}, "/"),
              Verdict::cross_site)
        << dest;
  EXPECT_EQ(read({{"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Mode", "no-cors"}, {"Sec-Fetch-Dest", "document"}}, "/"),
            Verdict::cross_site);
  EXPECT_EQ(read({{"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Dest", "document"}}, "/"), Verdict::cross_site);
  EXPECT_EQ(read({{"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Mode", "navigate"}}, "/"), Verdict::cross_site);
}

TEST_F(Visit, IsNoPostedFormAndHasNoForeignOrigin) {
  Fields fields = {{"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Mode", "navigate"}, {"Sec-Fetch-Dest", "document"}};
  EXPECT_EQ(change(fields, "POST"), Verdict::cross_site);
  fields.emplace_back("Origin", kNeighbour);
  EXPECT_EQ(read(fields, "/"), Verdict::cross_site);
}

TEST_F(Change, NeedsThePagesOriginOrSiteAndTheToken) {
  for (const auto* method : {"PUT", "POST", "PATCH", "DELETE", "OPTIONS", "get", "BREW"}) {
    EXPECT_EQ(change({{"Origin", kOrigin}}, method), Verdict::allowed) << method;
    EXPECT_EQ(change({{"Sec-Fetch-Site", "same-origin"}}, method), Verdict::allowed) << method;
    EXPECT_EQ(change({{"Origin", kOrigin}, {"Sec-Fetch-Site", "same-origin"}}, method), Verdict::allowed) << method;
  }
}

TEST_F(Change, IsRefusedToWhoDoesNotSayWhereItComesFrom) {
  EXPECT_EQ(change({}), Verdict::cross_site);
  EXPECT_EQ(change({{"Sec-Fetch-Site", "none"}}), Verdict::cross_site);
  EXPECT_EQ(change({{"Referer", "http://localhost:7009/"}}), Verdict::cross_site);
}

TEST_F(Change, IsRefusedToOthersEvenWithTheToken) {
  EXPECT_EQ(change({{"Origin", kNeighbour}}), Verdict::cross_site);
  EXPECT_EQ(change({{"Origin", "null"}}), Verdict::cross_site);
  EXPECT_EQ(change({{"Sec-Fetch-Site", "same-site"}}), Verdict::cross_site);
  EXPECT_EQ(change({{"Sec-Fetch-Site", "cross-site"}}), Verdict::cross_site);
  EXPECT_EQ(change({{"Origin", kOrigin}, {"Sec-Fetch-Site", "same-site"}}), Verdict::cross_site);
  EXPECT_EQ(change({{"Origin", kNeighbour}, {"Sec-Fetch-Site", "same-origin"}}), Verdict::cross_site);
}

TEST_F(Change, IsRefusedWithoutThisStartsToken) {
  const auto with = [&](const std::string& token) {
    return judge("PUT", "/api/names/nas", {{"Host", kHost}, {"Origin", kOrigin}, {"X-Hardline-Token", token}});
  };
  EXPECT_EQ(with(guard.token()), Verdict::allowed);
  EXPECT_EQ(judge("PUT", "/api/names/nas", {{"Host", kHost}, {"Origin", kOrigin}}), Verdict::wrong_token);
  EXPECT_EQ(with(""), Verdict::wrong_token);
  EXPECT_EQ(with(guard.token().substr(1)), Verdict::wrong_token);
  EXPECT_EQ(with(guard.token() + "0"), Verdict::wrong_token);
  EXPECT_EQ(with(BrowserGuard(7009).token()), Verdict::wrong_token);
  EXPECT_EQ(change({{"Origin", kOrigin}, {"X-Hardline-Token", guard.token()}}), Verdict::wrong_token) << "given twice";
}

TEST_F(GuardOf7009, LetsAnybodyReadProxyPac) {
  EXPECT_EQ(read({{"Origin", kNeighbour}}, "/proxy.pac"), Verdict::allowed);
  EXPECT_EQ(read({{"Sec-Fetch-Site", "cross-site"}}, "/proxy.pac"), Verdict::allowed);
  EXPECT_EQ(read({{"Sec-Fetch-Site", "cross-site"}}, "/proxy.pac/"), Verdict::cross_site);
  EXPECT_EQ(judge("POST", "/proxy.pac", {{"Host", kHost}, {"Origin", kNeighbour}}), Verdict::cross_site);
}

TEST_F(GuardOf7009, SpeaksNoOtherProtocol) {
  EXPECT_EQ(read({{"Upgrade", "websocket"}, {"Origin", kOrigin}}), Verdict::other_protocol);
  EXPECT_EQ(read({{"Upgrade", "h2c"}}, "/proxy.pac"), Verdict::other_protocol);
}

TEST(SecurityFields, LetThePageLoadFromHereAloneAndBeFramedByNobody) {
  const auto list = security_fields();
  const std::map<std::string, std::string> fields(list.begin(), list.end());
  ASSERT_EQ(fields.size(), list.size()) << "one of each";
  const auto& policy = fields.at("Content-Security-Policy");
  for (const auto* part :
       {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"})
    EXPECT_THAT(policy, testing::HasSubstr(part));
  for (const auto* laxity : {"unsafe", "*", "http:", "data:"})
    EXPECT_THAT(policy, testing::Not(testing::HasSubstr(laxity)));
  EXPECT_EQ(fields.at("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(fields.at("Referrer-Policy"), "no-referrer");
  EXPECT_EQ(fields.at("Cross-Origin-Resource-Policy"), "same-origin");
  EXPECT_EQ(fields.at("Cross-Origin-Opener-Policy"), "same-origin");
}

TEST(SecurityFields, OpenNothingToOtherOrigins) {
  for (const auto& [name, value] : security_fields()) EXPECT_FALSE(name.starts_with("Access-Control")) << value;
}

}  // namespace
}  // namespace hardline::dashboard
