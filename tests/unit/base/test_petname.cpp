#include "hardline/base/petname.hpp"

#include <gtest/gtest.h>

#include "hardline/base/service_name.hpp"

namespace hardline {
namespace {

const std::string kKey = "03b131fef9459a4a73da0c27e5b9e96362859de6";

std::string refusal(std::string_view text) {
  const auto name = Petname::parse(text);
  return name ? "none" : name.error();
}

TEST(Petname, IsOneLabel) {
  for (const auto& text : {std::string("jellyfin"), std::string("a"), std::string("7"), std::string("my-nas-2"),
                           std::string("a-b--c"), std::string("a--b"), std::string(63, 'x')}) {
    const auto name = Petname::parse(text);
    ASSERT_TRUE(name) << text << ": " << name.error();
    EXPECT_EQ(name->text(), text);
  }
}

TEST(Petname, IsKeptInLowerCase) {
  EXPECT_EQ(Petname::parse("JellyFin")->text(), "jellyfin");
  EXPECT_EQ(Petname::parse("NAS"), Petname::parse("nas"));
}

TEST(Petname, IsNeverEmpty) {
  EXPECT_EQ(refusal(""), "must not be empty");
}

TEST(Petname, IsNoLongerThanALabelMayBe) {
  EXPECT_EQ(refusal(std::string(64, 'a')), "must not be longer than 63 characters");
}

TEST(Petname, HasLettersDigitsAndDashesOnly) {
  using namespace std::string_view_literals;
  for (const auto text : {"my nas"sv, "my_nas"sv, "nas.localhost"sv, "nas:7009"sv, "n\xc3\xa4s"sv, "nas\0"sv, " nas"sv,
                          "nas\n"sv, "\xc5\xbf"sv, "http://nas"sv})
    EXPECT_EQ(refusal(text), "may only contain the letters a to z, digits and dashes") << text;
}

TEST(Petname, BeginsAndEndsWithALetterOrDigit) {
  for (const auto* text : {"-nas", "nas-", "-", "---"}) EXPECT_EQ(refusal(text), "must not begin or end with a dash");
}

TEST(Petname, LeavesTheThirdAndFourthPlaceToIdna) {
  for (const auto* text : {"xn--nas-0ra", "XN--a", "ab--c"})
    EXPECT_EQ(refusal(text), "must not have dashes as its third and fourth characters") << text;
}

TEST(Petname, IsNoReservedWord) {
  for (const auto* text : {"localhost", "hardline", "wpad", "www", "WWW", "Hardline"})
    EXPECT_EQ(refusal(text), "must not be localhost, hardline, wpad or www, which are reserved") << text;
  EXPECT_TRUE(Petname::parse("www2"));
}

TEST(Petname, IsNothingThatAServiceCouldBeCalled) {
  for (const auto& text : {kKey, "secret-" + kKey, "my-nas-" + kKey, "x" + kKey, "0" + kKey}) {
    EXPECT_EQ(refusal(text), "must not end in 40 digits from 0-9 and a-f, as a service's own name does") << text;
  }
  for (const auto& text : {kKey.substr(1), kKey + "x", kKey + "-nas"}) {
    EXPECT_TRUE(Petname::parse(text)) << text;
    EXPECT_FALSE(ServiceName::parse(text)) << text;
  }
}

}  // namespace
}  // namespace hardline
