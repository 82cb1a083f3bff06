#include "hardline/wire/dht_proxy.hpp"

#include <gtest/gtest.h>

namespace hardline::wire {
namespace {

TEST(ProxyValue, ReadsALineOfARealProxy) {
  EXPECT_EQ(parse_proxy_value(R"({"data":"aGVsbG8=","id":"17843429294022074685","type":3})"), "hello");
  EXPECT_EQ(parse_proxy_value("{\"data\":\"aGVsbG8=\",\"id\":\"1\",\"type\":0}\r"), "hello");
}

TEST(ProxyValue, ReadsAnyOctets) {
  EXPECT_EQ(parse_proxy_value(R"({"data":""})"), "");
  EXPECT_EQ(parse_proxy_value(R"({"data":"AP8="})"), std::string("\0\xff", 2));
}

TEST(ProxyValue, ReadsEachVariantOfBase64) {
  const std::string octets = "\xfb\xef\xff\xfe";
  for (const char* data : {"++///g==", "++///g", "--___g==", "--___g"})
    EXPECT_EQ(parse_proxy_value(std::string(R"({"data":")") + data + "\"}"), octets) << data;
}

TEST(ProxyValue, RefusesWhatIsNoBase64) {
  for (const char* data : {"###", "aGVsbG8==", "aGVs bG8=", "aGVsbG8=\\n", "a", "=", "+-AA", "aGVsbG9="})
    EXPECT_FALSE(parse_proxy_value(std::string(R"({"data":")") + data + "\"}")) << data;
}

TEST(ProxyValue, LeavesExpiredOnesOut) {
  EXPECT_FALSE(parse_proxy_value(R"({"data":"aGVsbG8=","expired":true})"));
  EXPECT_FALSE(parse_proxy_value(R"({"data":"aGVsbG8=","expired":1})"));
  EXPECT_EQ(parse_proxy_value(R"({"data":"aGVsbG8=","expired":false})"), "hello");
}

TEST(ProxyValue, RefusesWhatIsNoValue) {
  for (const char* line : {"", "{}", "[]", "null", R"({"err":"Incorrect DhtRunner"})", R"({"data":7})",
                           R"({"data":["aGVsbG8="]})", R"({"cypher":"aGVsbG8="})", R"({"data":"aGVsbG8=")",
                           R"({"data":"aGVsbG8="}{})", "{\"data\":\"\xff\"}", "<html>"})
    EXPECT_FALSE(parse_proxy_value(line)) << line;
  EXPECT_FALSE(parse_proxy_value(std::string_view("{\"data\":\"\"}\0", 12)));
}

TEST(ProxyValue, BoundsLengthAndNesting) {
  const auto of_length = [](std::size_t length) { return "{\"data\":\"\"" + std::string(length - 11, ' ') + "}"; };
  EXPECT_TRUE(parse_proxy_value(of_length(kMaxProxyLine)));
  EXPECT_FALSE(parse_proxy_value(of_length(kMaxProxyLine + 1)));
  EXPECT_FALSE(parse_proxy_value("{\"data\":\"\",\"x\":" + std::string(5000, '[') + std::string(5000, ']') + "}"));
}

TEST(ProxyPut, IsCompactJson) {
  EXPECT_EQ(format_proxy_put("hello"), R"({"data":"aGVsbG8=","type":3})");
  EXPECT_EQ(format_proxy_put(""), R"({"data":"","type":3})");
}

TEST(ProxyPut, CarriesAnyOctets) {
  std::string octets;
  for (int c = 0; c < 256; ++c) octets += static_cast<char>(c);
  EXPECT_EQ(parse_proxy_value(format_proxy_put(octets)), octets);
}

TEST(ProxyInfo, ReadsARealProxys) {
  const auto info = parse_proxy_info(
      R"({"ipv4":{"dubious":0,"good":3,"incoming":0},"ipv6":{"dubious":0,"good":1,"incoming":0},)"
      R"("node_id":"317c20c01f95eef37ffb93bca98d0251af3980c1","ops":1,"public_ip":"::ffff:203.0.113.7"})"
      "\n");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->public_address, "203.0.113.7");
  EXPECT_EQ(info->good_nodes, 4u);
}

TEST(ProxyInfo, ReadsEachSpellingOfAnAddress) {
  const auto address = [](const std::string& text) {
    return parse_proxy_info(R"({"ipv4":{},"public_ip":")" + text + "\"}")->public_address;
  };
  EXPECT_EQ(address("203.0.113.7"), "203.0.113.7");
  EXPECT_EQ(address("203.0.113.7:56789"), "203.0.113.7");
  EXPECT_EQ(address("::ffff:203.0.113.7"), "203.0.113.7");
  EXPECT_EQ(address("[::ffff:203.0.113.7]:56789"), "203.0.113.7");
  EXPECT_EQ(address("::1"), "::1");
  EXPECT_EQ(address("[2001:DB8:0::1]:56789"), "2001:db8::1");
}

TEST(ProxyInfo, HasNoAddressWhereThereIsNone) {
  for (const char* text :
       {"\"\"", "\"unknown\"", "\"203.0.113.256\"", "\"203.0.113.7:0\"", "7", "null", "[]", "\"a:1\""})
    EXPECT_EQ(parse_proxy_info(std::string(R"({"ipv4":{},"public_ip":)") + text + "}")->public_address, "") << text;
  EXPECT_EQ(parse_proxy_info(R"({"ipv6":{}})")->public_address, "");
}

TEST(ProxyInfo, CountsNoNodesThatMakeNoSense) {
  for (const char* stats : {"7", "null", "{}", "[1]", R"({"good":-1})", R"({"good":"7"})", R"({"good":1.5})"})
    EXPECT_EQ(parse_proxy_info(std::string(R"({"ipv4":)") + stats + R"(,"ipv6":{"good":2}})")->good_nodes, 2u) << stats;
  EXPECT_GT(parse_proxy_info(R"({"ipv4":{"good":18446744073709551615},"ipv6":{"good":4294967295}})")->good_nodes, 2u);
}

TEST(ProxyInfo, RefusesWhatIsNoProxys) {
  for (const char* body : {"", "{}", "[]", "<html>", R"({"public_ip":"203.0.113.7"})", R"({"err":"no"})"})
    EXPECT_FALSE(parse_proxy_info(body)) << body;
}

}  // namespace
}  // namespace hardline::wire
