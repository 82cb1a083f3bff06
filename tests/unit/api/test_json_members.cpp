#include "api/json_members.hpp"

#include <gtest/gtest.h>

namespace hardline::api {
namespace {

constexpr auto kNoObject = "The body must be one JSON object, such as {\"title\": \"Films\"}.";

TEST(JsonMembers, AreThoseOfTheObject) {
  JsonMembers members(R"({"title":"Films","paused":true,"port":8096})");
  EXPECT_EQ(members.text("title"), "Films");
  EXPECT_EQ(members.flag("paused"), true);
  EXPECT_EQ(members.port("port"), 8096);
  EXPECT_EQ(members.text("host"), std::nullopt);
  EXPECT_EQ(members.refusal(), std::nullopt);
}

TEST(JsonMembers, AreNoneWhereThereIsNoText) {
  JsonMembers members("");
  EXPECT_EQ(members.text("title"), std::nullopt);
  EXPECT_EQ(members.refusal(), std::nullopt);
}

TEST(JsonMembers, AreOfOneObjectAlone) {
  for (const auto* text : {"[]", "null", "{", "{} {}", "\"title\"", "{\"title\":\"\xFF\"}"})
    EXPECT_EQ(JsonMembers(text).refusal(), kNoObject) << text;
}

TEST(JsonMembers, AreNotReadBehindANul) {
  using namespace std::string_view_literals;
  EXPECT_EQ(JsonMembers("{}\0, and more"sv).refusal(), kNoObject);
}

TEST(JsonMembers, AreRefusedWhereTheyNestDeeply) {
  EXPECT_EQ(JsonMembers("{\"a\":" + std::string(10'000, '[') + std::string(10'000, ']') + "}").refusal(), kNoObject);
}

TEST(JsonMembers, HaveTheTypeThatIsAskedFor) {
  JsonMembers members(R"({"title":1})");
  EXPECT_EQ(members.text("title"), std::nullopt);
  EXPECT_EQ(members.refusal(), "\"title\" must be a string.");
  JsonMembers flags(R"({"paused":"yes"})");
  EXPECT_EQ(flags.flag("paused"), std::nullopt);
  EXPECT_EQ(flags.refusal(), "\"paused\" must be true or false.");
}

TEST(JsonMembers, HavePortsInTheirRange) {
  for (const auto* number : {"0", "65536", "-1", "80.0", "1e2", "\"80\""}) {
    JsonMembers members(std::string(R"({"port":)") + number + "}");
    EXPECT_EQ(members.port("port"), std::nullopt) << number;
    EXPECT_EQ(members.refusal(), "\"port\" must be a number from 1 to 65535.") << number;
  }
  EXPECT_EQ(JsonMembers(R"({"port":0})").port("port", true), 0);
}

TEST(JsonMembers, AreMissedWhereTheyAreRequired) {
  JsonMembers members("{}");
  EXPECT_EQ(members.required_text("link"), "");
  EXPECT_EQ(members.refusal(), "\"link\" is missing: it must be a string.");
}

TEST(JsonMembers, AreUnknownWhereNobodyAskedForThem) {
  JsonMembers members(R"({"tilte":"Films"})");
  members.text("title");
  members.flag("paused");
  EXPECT_EQ(members.refusal(), "\"tilte\" is not known here; known are \"paused\", \"title\".");
}

}  // namespace
}  // namespace hardline::api
