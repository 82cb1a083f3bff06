#include "hardline/wire/oob.hpp"

#include <gtest/gtest.h>

namespace hardline::wire {
namespace {

TEST(OobLine, ReadsTheEmptyObject) {
  const auto line = parse_oob("{}");
  ASSERT_TRUE(line);
  EXPECT_FALSE(line->password);
  EXPECT_FALSE(line->wan_hosts);
  EXPECT_FALSE(line->error);
}

TEST(OobLine, ReadsAClientsLine) {
  const auto line = parse_oob(R"({"password": "abc234defg567"})");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->password, "abc234defg567");
}

TEST(OobLine, ReadsAServersLine) {
  const auto line = parse_oob(R"({"WANHosts": "203.0.113.7:7008,[200:1234::1]:7008"})");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->wan_hosts, "203.0.113.7:7008,[200:1234::1]:7008");
}

TEST(OobLine, ReadsAnErrorAndCleansItsText) {
  const auto line = parse_oob(R"({"error":{"code":"busy","text":"try\r\nlater"}})");
  ASSERT_TRUE(line && line->error);
  EXPECT_EQ(line->error->code, kOobBusy);
  EXPECT_EQ(line->error->text, "try  later");
}

TEST(OobLine, ReadsAnErrorWithoutText) {
  const auto line = parse_oob(R"({"error":{"code":"from-the-future"}})");
  ASSERT_TRUE(line && line->error);
  EXPECT_EQ(line->error->code, "from-the-future");
  EXPECT_EQ(line->error->text, "");
}

TEST(OobLine, IgnoresUnknownKeys) {
  EXPECT_TRUE(parse_oob(R"({"x":[1,2.5e3,null,true,{"y":"z"}],"wanhosts":7,"Password":[]})"));
}

TEST(OobLine, RefusesKnownKeysOfAWrongType) {
  for (const char* text : {R"({"password":7})", R"({"password":null})", R"({"password":["a"]})",
                           R"({"WANHosts":["203.0.113.7:7008"]})", R"({"WANHosts":null})", R"({"error":"busy"})",
                           R"({"error":{}})", R"({"error":{"code":1}})", R"({"error":{"code":"busy","text":1}})"})
    EXPECT_FALSE(parse_oob(text)) << text;
}

TEST(OobLine, RefusesWhatIsNotOneObject) {
  for (const char* text : {"", " ", "null", "[]", "7", "\"password\"", "{", "{}{}", "{} x", "{\"password\":\"a\"",
                           "{password:1}", "{'a':1}", "{\"a\":1,}", "{\"a\":\"\xff\"}", "// x\n{}"})
    EXPECT_FALSE(parse_oob(text)) << text;
  EXPECT_FALSE(parse_oob(std::string_view("{}\0", 3)));
}

TEST(OobLine, BoundsNesting) {
  const auto nested = [](int depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_TRUE(parse_oob(nested(8)));
  EXPECT_FALSE(parse_oob(nested(9)));
  EXPECT_FALSE(parse_oob(nested(8000)));
}

TEST(OobLine, CountsNoBracketsInsideOfStrings) {
  EXPECT_TRUE(parse_oob(R"({"a":"\"[[[[[[[[[[[[{{{{{{{{","b":"\\"})"));
}

TEST(OobLine, CountsNestingNotBrackets) {
  EXPECT_TRUE(parse_oob(R"({"a":[[],[],[],[],[],[],[],[],[],[],[]]})"));
}

TEST(OobLine, BoundsItsLength) {
  const auto of_length = [](std::size_t length) { return "{\"a\":\"" + std::string(length - 8, 'x') + "\"}"; };
  EXPECT_TRUE(parse_oob(of_length(kMaxOobLine - 1)));  // with its line feed it is the longest
  EXPECT_FALSE(parse_oob(of_length(kMaxOobLine)));
}

TEST(OobLine, WritesCompactJsonAndALineFeed) {
  EXPECT_EQ(format_oob({}), "{}\n");
  EXPECT_EQ(format_oob({.password = "pass", .wan_hosts = {}, .error = {}}), "{\"password\":\"pass\"}\n");
  EXPECT_EQ(format_oob({.password = {}, .wan_hosts = "[200::1]:7008", .error = {}}),
            "{\"WANHosts\":\"[200::1]:7008\"}\n");
  EXPECT_EQ(format_oob({.password = {}, .wan_hosts = {}, .error = OobError{"password", "It is wrong."}}),
            "{\"error\":{\"code\":\"password\",\"text\":\"It is wrong.\"}}\n");
}

TEST(OobLine, WritesOneLineWhateverItHolds) {
  const auto line = format_oob({.password = "a\nb\"\\", .wan_hosts = {}, .error = {}});
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(parse_oob(line)->password, "a\nb\"\\");
}

TEST(OobLine, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(format_oob({.password = "a\xff", .wan_hosts = {}, .error = {}}), "{\"password\":\"a\xef\xbf\xbd\"}\n");
}

TEST(OobLine, CutsLongErrorTexts) {
  const auto line =
      parse_oob(format_oob({.password = {}, .wan_hosts = {}, .error = OobError{"busy", std::string(500, 'x')}}));
  ASSERT_TRUE(line && line->error);
  EXPECT_EQ(line->error->text, std::string(200, 'x'));
}

}  // namespace
}  // namespace hardline::wire
