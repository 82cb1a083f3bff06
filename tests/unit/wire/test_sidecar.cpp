#include "hardline/wire/sidecar.hpp"

#include <gtest/gtest.h>

namespace hardline::wire {
namespace {

http::HeaderFields fields_of(std::string_view text) {
  const auto sidecar = parse_sidecar(text);
  return sidecar ? sidecar->fields : http::HeaderFields{{"refused", ""}};
}

TEST(Sidecar, ReadsHardlineP2Ps) {
  const auto sidecar =
      parse_sidecar(R"({"Content-Type": "text/html", "Content-Length": "120", "ETag": "\"1-2\"", "Server": "nginx"})");
  ASSERT_TRUE(sidecar);
  EXPECT_EQ(sidecar->status, 200);
  EXPECT_EQ(sidecar->target, "");
  EXPECT_EQ(sidecar->fields,
            (http::HeaderFields{{"Content-Type", "text/html"}, {"ETag", "\"1-2\""}, {"Server", "nginx"}}));
}

TEST(Sidecar, ReadsTheEmptyObject) {
  EXPECT_EQ(parse_sidecar("{}"), Sidecar{});
}

TEST(Sidecar, ReadsStatusAndTarget) {
  const auto sidecar = parse_sidecar(R"({":status": 301, ":target": "/long", "Location": "/x"})");
  EXPECT_EQ(sidecar, (Sidecar{301, "/long", {{"Location", "/x"}}}));
}

TEST(Sidecar, RefusesAStatusThatIsNotKept) {
  for (const char* text : {R"({":status": 206})", R"({":status": 0})", R"({":status": -200})", R"({":status": "200"})",
                           R"({":status": 200.0})", R"({":status": 4294967496})", R"({":status": null})",
                           R"({":status": 18446744073709551816})"})
    EXPECT_FALSE(parse_sidecar(text)) << text;
}

TEST(Sidecar, RefusesATargetThatIsNone) {
  EXPECT_FALSE(parse_sidecar(R"({":target": 5})"));
}

TEST(Sidecar, RefusesWhatIsNoObject) {
  for (const char* text : {"", "[]", "null", "\"x\"", "{", "{}x", "{\"a\"}", "{'a': 'b'}", "[{\"ETag\": \"x\"}]"})
    EXPECT_FALSE(parse_sidecar(text)) << text;
}

TEST(Sidecar, RefusesHugeAndDeepOnes) {
  const auto padded = [](std::size_t size) { return "{}" + std::string(size - 2, ' '); };
  EXPECT_TRUE(parse_sidecar(padded(kMaxSidecar)));
  EXPECT_FALSE(parse_sidecar(padded(kMaxSidecar + 1)));
  EXPECT_FALSE(parse_sidecar("{\"a\":" + std::string(10000, '[')));
}

TEST(Sidecar, LeavesOutWhatIsNotKept) {
  EXPECT_EQ(fields_of(R"({"Set-Cookie": "a=b", "Transfer-Encoding": "chunked", "X": "y", "": "z", "Vary": "b"})"),
            (http::HeaderFields{{"Vary", "b"}}));
}

TEST(Sidecar, LeavesOutWhatNoHeaderMayHold) {
  EXPECT_EQ(fields_of(R"({"ETag": "a\r\nSet-Cookie: b", "Link": "a\u0000b", "Vary": "\u007f", "Date": 5,
                          "Server": ["a"], "Location": "/\u0142", "Expires": " 0\t"})"),
            (http::HeaderFields{{"Expires", "0"}}));
}

TEST(Sidecar, TakesACharacterForAnOctet) {
  EXPECT_EQ(fields_of(R"({"Server": "caf\u00e9"})"), (http::HeaderFields{{"Server", "caf\xe9"}}));
  EXPECT_EQ(fields_of("{\"Server\": \"\xc3\x83\xc2\xa9\"}"), (http::HeaderFields{{"Server", "\xc3\xa9"}}));
}

TEST(Sidecar, TakesTheLastOfEqualKeysAndJoinsSimilarOnes) {
  EXPECT_EQ(fields_of(R"({"Vary": "a", "Vary": "b", "vary": "c"})"), (http::HeaderFields{{"Vary", "b, c"}}));
}

TEST(Sidecar, KeepsWhatDescribesTheContentOrItsUse) {
  for (const char* name :
       {"Content-Type", "content-encoding", "ETag", "LAST-MODIFIED", "Cache-Control", "Vary", "Location",
        "Access-Control-Allow-Origin", "Content-Security-Policy", "SourceMap", "X-Frame-Options"})
    EXPECT_TRUE(is_kept(name)) << name;
}

TEST(Sidecar, DoesNotKeepWhatIsOfOneConnectionVisitorOrMoment) {
  for (const char* name : {"Set-Cookie", "Strict-Transport-Security", "Alt-Svc", "Clear-Site-Data", "Content-Range",
                           "Content-Length", "Connection", "Transfer-Encoding", "Age",
                           "Access-Control-Allow-Credentials", ":status", ":target", "", "X-Cache"})
    EXPECT_FALSE(is_kept(name)) << name;
}

TEST(Sidecar, ReadsWhatItWrote) {
  const Sidecar sidecar{
      308, "/x?y=z", {{"Content-Type", "text/plain"}, {"Location", "/a\"b\\c"}, {"Server", "\xff\x80"}}};
  EXPECT_EQ(parse_sidecar(format_sidecar(sidecar)), sidecar);
}

TEST(Sidecar, WritesWhatHardlineP2PUnderstands) {
  EXPECT_EQ(format_sidecar({200, "", {{"Content-Type", "text/html"}}}), "{\n \"Content-Type\": \"text/html\"\n}\n");
}

TEST(Sidecar, WritesOneFieldOfAName) {
  const auto text = format_sidecar({200, "", {{"Vary", "a"}, {"Content-Length", "5"}, {"X", "y"}, {"vary", "b"}}});
  EXPECT_EQ(fields_of(text), (http::HeaderFields{{"Vary", "a, b"}}));
  EXPECT_EQ(text.find("Content-Length"), std::string::npos);
}

TEST(Sidecar, WritesNothingThatNoHeaderMayHold) {
  EXPECT_EQ(format_sidecar({200, "", {{"ETag", "a\r\nb"}, {"Vary", std::string("a\0b", 3)}}}), "{}\n");
}

TEST(Sidecar, LeavesOutTheLongestOfWhatIsTooLong) {
  const std::string long_value(kMaxSidecar / 2, 'a');
  const auto text = format_sidecar({200, "", {{"ETag", "\"1\""}, {"Link", long_value + "b"}, {"Vary", long_value}}});
  EXPECT_LE(text.size(), kMaxSidecar);
  EXPECT_EQ(fields_of(text), (http::HeaderFields{{"ETag", "\"1\""}, {"Vary", long_value}}));
}

}  // namespace
}  // namespace hardline::wire
