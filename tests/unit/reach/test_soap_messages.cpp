#include "reach/soap_messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hardline::reach {
namespace {

using testing::HasSubstr;

std::string parsed(std::string_view text) {
  const auto url = DeviceUrl::parse(text);
  if (!url) return "nothing";
  return url->address.to_string() + " " + std::to_string(url->port) + " " + url->path;
}

TEST(DeviceUrl, HasAnAddressAPortAndAPath) {
  EXPECT_EQ(parsed("http://192.168.1.1:5000/ctl/IPConn"), "192.168.1.1 5000 /ctl/IPConn");
  EXPECT_EQ(parsed("http://192.168.1.1/ctl"), "192.168.1.1 80 /ctl");
  EXPECT_EQ(parsed("http://192.168.1.1"), "192.168.1.1 80 /");
  EXPECT_EQ(parsed("http://[2001:db8::1]:5000/ctl"), "2001:db8::1 5000 /ctl");
  EXPECT_EQ(parsed("http://[2001:db8::1]/"), "2001:db8::1 80 /");
}

TEST(DeviceUrl, MayNameAnInterfaceTheWayUrlsDo) {
  EXPECT_EQ(parsed("http://[fe80::1%25lo]:5000/ctl"), "fe80::1%lo 5000 /ctl");
}

TEST(DeviceUrl, NamesNoNames) {
  for (const auto* text :
       {"http://router.example/ctl", "http:///ctl", "https://192.168.1.1/ctl", "", "http://", "http://192.168.1.1:0/",
        "http://192.168.1.1:70000/", "http://192.168.1.1:80x/", "http://user@192.168.1.1/", "http://[192.168.1.1]/",
        "http://2001:db8::1/", "http://192.168.1.1/ HTTP/1.1\r\nX: y"})
    EXPECT_EQ(parsed(text), "nothing") << text;
}

TEST(DeviceUrl, BringsNothingIntoALineThatWouldEndIt) {
  using namespace std::string_view_literals;
  for (const auto text : {"http://192.168.1.1/a\rb"sv, "http://192.168.1.1/a\0b"sv, "http://192.168.1.1/a\x7F"sv,
                          "http://192.168.1.1/\xC3\xA9"sv, "http://[fe80::1%25a\r\n]/"sv, "http://[fe80::1%25 a]/"sv})
    EXPECT_EQ(parsed(text), "nothing") << text;
}

TEST(DeviceUrl, KeepsItsScopeFromTheDevice) {
  EXPECT_EQ(DeviceUrl::parse("http://[fe80::1%25lo]:5000/ctl")->authority(), "[fe80::1]:5000");
}

TEST(Soap, ATypeOfServiceIsOneWord) {
  EXPECT_TRUE(is_service_type("urn:schemas-upnp-org:service:WANIPv6FirewallControl:1"));
  EXPECT_TRUE(is_service_type(std::string(255, 'x')));
  for (const auto& text : {std::string(), std::string(256, 'x'), std::string("a b"), std::string("a\r\nX: y"),
                           std::string("a\""), std::string("a'"), std::string("<a"), std::string("a>"),
                           std::string("a&b"), std::string("a#b"), std::string("a\xC3\xA9"), std::string("a\0", 2)})
    EXPECT_FALSE(is_service_type(text)) << text;
}

TEST(Soap, AnActionIsAPostWithItsArgumentsInOrder) {
  const auto to = *DeviceUrl::parse("http://[2001:db8::1]:5000/ctl");
  const auto text = format_soap(to, {"urn:x:service:Y:1", "DoIt", {{"B", "2"}, {"A", ""}}}).value_or("");
  EXPECT_TRUE(text.starts_with("POST /ctl HTTP/1.1\r\nHost: [2001:db8::1]:5000\r\n")) << text;
  EXPECT_THAT(text, HasSubstr("\r\nSOAPAction: \"urn:x:service:Y:1#DoIt\"\r\n"));
  EXPECT_THAT(text, HasSubstr("<u:DoIt xmlns:u=\"urn:x:service:Y:1\"><B>2</B><A></A></u:DoIt>"));
  const auto body = text.substr(text.find("\r\n\r\n") + 4);
  EXPECT_THAT(text, HasSubstr("\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"));
}

TEST(Soap, AnArgumentStaysWithinItsElement) {
  const auto to = *DeviceUrl::parse("http://192.168.1.1/");
  const auto text = format_soap(to, {"urn:x:service:Y:1", "DoIt", {{"A", "</A><B>1 & 2</B>"}}}).value_or("");
  EXPECT_THAT(text, HasSubstr("<A>&lt;/A&gt;&lt;B&gt;1 &amp; 2&lt;/B&gt;</A>"));
}

TEST(Soap, AnActionThatWouldBeMoreThanOneIsNone) {
  const auto to = *DeviceUrl::parse("http://192.168.1.1/");
  const std::string type = "urn:x:service:Y:1";
  for (const auto& action : {SoapAction{"urn:x\r\nX: y", "DoIt", {}}, SoapAction{"", "DoIt", {}},
                             SoapAction{type, "Do It", {}}, SoapAction{type, "", {}}, SoapAction{type, "1", {}},
                             SoapAction{type, "DoIt", {{"A>", ""}}}, SoapAction{type, "DoIt", {{"A", "1\n2"}}}})
    EXPECT_FALSE(format_soap(to, action)) << action.service_type << action.name;
}

TEST(Soap, AnAnswerHasValues) {
  const auto answer = SoapAnswer::parse("HTTP/1.1 200 OK\r\n\r\n<x><UniqueID>42</UniqueID></x>");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error, 0);
  EXPECT_EQ(answer->value("UniqueID"), "42");
  EXPECT_EQ(answer->value("Unique"), "");
}

TEST(Soap, AValueIsWhatItsReferencesMean) {
  EXPECT_EQ(SoapAnswer::parse("HTTP/1.1 200 OK\r\n\r\n<A>&lt;1 &amp; 2</A>")->value("A"), "<1 & 2");
}

TEST(Soap, AnAnswerThatIsCutShortHasNoValue) {
  EXPECT_EQ(SoapAnswer::parse("HTTP/1.1 200 OK\r\n\r\n<UniqueID>4")->value("UniqueID"), "");
}

TEST(Soap, ARefusalHasItsCode) {
  const auto answer =
      SoapAnswer::parse("HTTP/1.0 500 Internal Server Error\r\n\r\n<errorCode>606</errorCode><errorDescription>");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error, 606);
}

TEST(Soap, WhatMakesNoSenseIsNoAnswer) {
  for (const auto* text : {"", "HTTP/1.1", "HTTP/1.1 5", "HTTP/1.1 abc", "HTTP/1.1 404 Not Found\r\n\r\n", "SSH-2.0-x",
                           "HTTP/1.1 500 Error\r\n\r\n<errorCode>x</errorCode>"})
    EXPECT_FALSE(SoapAnswer::parse(text)) << text;
}

}  // namespace
}  // namespace hardline::reach
