#include "hardline/web/api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/test_io.hpp"

namespace hardline::web {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr auto kHex = "00112233445566778899aabbccddeeff00112233";
const KeyHash kKey = *KeyHash::parse(kHex);
const std::string kLabel = std::string("abcdefgh23456-") + kHex;

class ApiTest : public testing::Test {
 protected:
  ApiResponse ask(std::string target, std::string method = "GET") {
    return io.await(api.answer(ApiRequest{std::move(method), std::move(target)}));
  }

  awaitable<tunnel::Examination> examine(KeyHash key) {
    examined.push_back(key);
    co_return tunnel::Examination{};
  }

  DaemonStatus status() const {
    if (broken) throw std::runtime_error("out of order");
    DaemonStatus made;
    made.version = "1.2.3";
    return made;
  }

  support::TestIo io;
  bool broken = false;
  std::vector<KeyHash> examined;
  Api api{[this] { return status(); }, [this](KeyHash key) { return examine(key); }};
};

json error_of(const ApiResponse& response) {
  return json::parse(response.body).at("error");
}

TEST_F(ApiTest, TellsTheStatus) {
  const auto response = ask("/api/status");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(json::parse(response.body).at("version"), "1.2.3");
}

TEST_F(ApiTest, AnswersOneLine) {
  const auto body = ask("/api/status").body;
  EXPECT_EQ(body.find('\n'), body.size() - 1);
}

TEST_F(ApiTest, ExaminesTheServiceThatIsNamed) {
  const auto response = ask("/api/why?name=" + kLabel);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(examined, std::vector{kKey});
  EXPECT_EQ(json::parse(response.body).at("key_hash"), kHex);
}

TEST_F(ApiTest, NeverRepeatsThePassword) {
  EXPECT_THAT(ask("/api/why?name=" + kLabel).body, testing::Not(HasSubstr("abcdefgh23456")));
}

TEST_F(ApiTest, DecodesTheName) {
  EXPECT_EQ(ask("/api/why?other=1&name=http%3a%2F%2F" + kLabel + ".localhost%3A7009%2f").status, 200);
  EXPECT_EQ(examined.size(), 1U);
}

TEST_F(ApiTest, RefusesWhatNamesNoService) {
  for (const auto* query :
       {"", "?", "?name", "?name=", "?nam=x", "?name=%4", "?name=%zz", "?name=a&name=b", "?name=demo.localhost"}) {
    const auto response = ask(std::string("/api/why") + query);
    EXPECT_EQ(response.status, 400) << query;
    EXPECT_THAT(error_of(response).at("text").get<std::string>(), HasSubstr("NAME")) << query;
  }
  EXPECT_TRUE(examined.empty());
}

TEST_F(ApiTest, KnowsOnlyItsOwnPaths) {
  for (const auto* target : {"/", "/api", "/api/", "/api/statu", "/api/status/", "//api/status", "", "*"}) {
    const auto response = ask(target);
    EXPECT_EQ(response.status, 404) << target;
    EXPECT_EQ(error_of(response).at("code"), "not_found");
  }
}

TEST_F(ApiTest, SaysWhichMethodsThereAre) {
  const auto response = ask("/api/status", "POST");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.allow, "GET, HEAD");
  EXPECT_EQ(error_of(response).at("code"), "method_not_allowed");
  EXPECT_EQ(ask("/api/status", "HEAD").status, 200);
}

TEST_F(ApiTest, SurvivesWhatGoesWrongInside) {
  broken = true;
  const auto response = ask("/api/status");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(error_of(response).at("text"), "out of order");
}

TEST(ParseService, TakesWhatAPersonHasAtHand) {
  for (const auto& text :
       {std::string(kHex), kLabel, kLabel + ".localhost", kLabel + ".localhost:7009", kLabel + ".localhost.",
        "http://" + kLabel + ".localhost:7009/", "HTTP://" + kLabel + ".LOCALHOST/some/page?a=b#c",
        "-" + std::string(kHex), "https://" + std::string(kHex) + ".localhost?x"})
    EXPECT_EQ(parse_service(text), kKey) << text;
}

TEST(ParseService, RefusesEverythingElse) {
  for (const auto& text :
       {std::string(), std::string("demo"), std::string("localhost"), kLabel + ".example.org", "ftp://" + kLabel,
        std::string(kHex).substr(1), "x." + kLabel + ".localhost", "http://" + std::string(5000, 'a')})
    EXPECT_EQ(parse_service(text), std::nullopt) << text;
}

}  // namespace
}  // namespace hardline::web
