#include "hardline/store/names_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hardline::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kHex = "03b131fef9459a4a73da0c27e5b9e96362859de6";
const std::string kOther = "f4525bb0fb13c3ed1816607803ee2991997de13d";
const std::string kLabel = "abc234defg567-" + kHex;

/// `NAME LABEL` each.
std::vector<std::string> described(const std::vector<Pin>& pins) {
  std::vector<std::string> lines;
  for (const auto& pin : pins) lines.push_back(pin.name.text() + " " + pin.service.label());
  return lines;
}

std::string many_lines(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "n" + std::to_string(i) + " " + kHex + "\n";
  return text;
}

TEST(ParseNames, ReadsAPinALine) {
  const auto file = parse_names("jellyfin " + kLabel + "\nnas \t http://" + kOther + ".localhost:7009/files\n");
  EXPECT_THAT(described(file.pins), ElementsAre("jellyfin " + kLabel, "nas " + kOther));
  EXPECT_THAT(file.errors, IsEmpty());
}

TEST(ParseNames, TakesWhatOtherEditorsMake) {
  const auto file = parse_names("\xef\xbb\xbf# mine\r\n\r\n  jellyfin " + kLabel + " \r\n \t\r\n# NAS " + kOther +
                                "\r\nNAS " + kOther);
  EXPECT_THAT(described(file.pins), ElementsAre("jellyfin " + kLabel, "nas " + kOther));
  EXPECT_THAT(file.errors, IsEmpty());
}

TEST(ParseNames, OfNothingIsNothing) {
  const auto file = parse_names("");
  EXPECT_THAT(file.pins, IsEmpty());
  EXPECT_THAT(file.errors, IsEmpty());
}

TEST(ParseNames, SaysWhichLineIsWrongAndWhy) {
  const auto file = parse_names("# names\nmy_nas " + kLabel + "\nnas\n\nnas secret-" + kHex + "0\nok " + kHex +
                                "\nnas " + kHex + " or so\n");
  EXPECT_THAT(described(file.pins), ElementsAre("ok " + kHex));
  ASSERT_THAT(file.errors, SizeIs(4));
  EXPECT_EQ(file.errors[0].line, 2u);
  EXPECT_EQ(file.errors[0].problem, "the name may only contain the letters a to z, digits and dashes");
  EXPECT_EQ(file.errors[1].line, 3u);
  EXPECT_EQ(file.errors[1].problem, "the service is missing after the name");
  EXPECT_EQ(file.errors[2].line, 5u);
  EXPECT_EQ(file.errors[2].problem, "what follows the name is neither a link nor a service's own name");
  EXPECT_EQ(file.errors[3].line, 7u);
}

TEST(ParseNames, TakesTheFirstOfTwoLinesWithOneName) {
  const auto file = parse_names("nas " + kHex + "\nNAS " + kOther + "\n");
  EXPECT_THAT(described(file.pins), ElementsAre("nas " + kHex));
  ASSERT_THAT(file.errors, SizeIs(1));
  EXPECT_EQ(file.errors[0].line, 2u);
  EXPECT_EQ(file.errors[0].problem, "the name is already on an earlier line");
}

TEST(ParseNames, ReadsABoundedNumberOfLines) {
  auto file = parse_names(many_lines(kMaxPins) + "\n# the end\n");
  EXPECT_THAT(file.pins, SizeIs(kMaxPins));
  EXPECT_THAT(file.errors, IsEmpty());
  file = parse_names(many_lines(kMaxPins) + "\nmore\nand more\n");
  EXPECT_THAT(file.pins, SizeIs(kMaxPins));
  ASSERT_THAT(file.errors, SizeIs(1));
  EXPECT_EQ(file.errors[0].line, kMaxPins + 2);
  EXPECT_THAT(file.errors[0].problem, HasSubstr("more than 4096 lines"));
}

TEST(FormatNames, ReadsTheSameAgain) {
  const auto pins = parse_names("jellyfin " + kLabel + "\nold #so?me%-" + kHex + "\nnas " + kOther).pins;
  ASSERT_THAT(pins, SizeIs(3));
  const auto text = format_names(pins);
  EXPECT_THAT(text, testing::StartsWith("# "));
  EXPECT_THAT(text, HasSubstr("\njellyfin " + kLabel + "\n"));
  const auto again = parse_names(text);
  EXPECT_EQ(described(again.pins), described(pins));
  EXPECT_THAT(again.errors, IsEmpty());
}

TEST(ParseLink, TakesWhateverPeopleCopy) {
  for (const auto& text :
       {kLabel, kLabel + ".localhost", kLabel + ".localhost:7009", kLabel + ".localhost.",
        "http://" + kLabel + ".localhost:7009/", "HTTP://" + kLabel + ".LOCALHOST/some/page?a=b#c",
        "https://" + kLabel + ".localhost?x", " http://" + kLabel + ".localhost:7009/\r", "http://" + kLabel}) {
    const auto service = parse_link(text);
    ASSERT_TRUE(service) << text;
    EXPECT_EQ(service->label(), kLabel) << text;
  }
}

TEST(ParseLink, NeedsNoPassword) {
  for (const auto& text : {kHex, "-" + kHex, "http://" + kHex + ".localhost:7009/"}) {
    const auto service = parse_link(text);
    ASSERT_TRUE(service) << text;
    EXPECT_EQ(service->label(), kHex) << text;
  }
}

TEST(ParseLink, RefusesEverythingElse) {
  for (const auto& text : {std::string(), std::string(" "), std::string("jellyfin"), std::string("jellyfin.localhost"),
                           std::string("localhost"), kLabel + ".example.org", kLabel + ".localhost.example.org",
                           "ftp://" + kLabel, kHex.substr(1), "x." + kLabel + ".localhost", kLabel + ".localhost:x",
                           kLabel + " " + kLabel, "http://" + kLabel + ".localhost:7009/" + std::string(5000, 'a')})
    EXPECT_FALSE(parse_link(text)) << text;
}

TEST(ParseMeant, TakesAPetnameInEveryFormOfALink) {
  for (const auto* text : {"jellyfin", "Jellyfin", " jellyfin\r", "jellyfin.localhost", "JELLYFIN.localhost:7009",
                           "jellyfin.localhost.", "jellyfin.localhost/x", "http://jellyfin.localhost:7009/x",
                           "HTTPS://jellyfin.localhost/", "http://jellyfin/"}) {
    const auto meant = parse_meant(text);
    ASSERT_TRUE(meant) << text;
    const auto* name = std::get_if<Petname>(&*meant);
    ASSERT_TRUE(name) << text;
    EXPECT_EQ(name->text(), "jellyfin") << text;
  }
}

TEST(ParseMeant, TakesEveryLink) {
  for (const auto& text : {kHex, kLabel, "https://" + kLabel + ".localhost:7009/x", "-" + kHex, "#so?me%-" + kHex}) {
    const auto meant = parse_meant(text);
    ASSERT_TRUE(meant) << text;
    const auto* service = std::get_if<ServiceName>(&*meant);
    ASSERT_TRUE(service) << text;
    EXPECT_EQ(service->label(), parse_link(text)->label()) << text;
  }
}

TEST(ParseMeant, RefusesEverythingElse) {
  for (const auto& text :
       {std::string(), std::string(" "), std::string("localhost"), std::string("http://hardline.localhost:7009/"),
        std::string("jellyfin.example.org"), std::string("www.jellyfin.localhost"), std::string("my films"),
        std::string("jellyfin:x"), std::string("ftp://jellyfin"), std::string("http://"), kLabel + ".example.org",
        "x." + kLabel + ".localhost", "jellyfin.localhost/" + std::string(5000, 'a')})
    EXPECT_FALSE(parse_meant(text)) << text;
}

}  // namespace
}  // namespace hardline::store
