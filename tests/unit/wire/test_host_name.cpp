#include "hardline/wire/host_name.hpp"

#include <gtest/gtest.h>

namespace hardline::wire {
namespace {

const std::string kKey = "03b131fef9459a4a73da0c27e5b9e96362859de6";

/// "service LABEL", "localhost", "label LABEL" or "foreign".
std::string target(std::string_view host) {
  const auto target = parse_host(host);
  if (const auto* service = std::get_if<ServiceName>(&target)) return "service " + service->label();
  if (const auto* label = std::get_if<HostIsLabel>(&target)) return "label " + label->label;
  return std::holds_alternative<HostIsLocalhost>(target) ? "localhost" : "foreign";
}

TEST(HostName, FindsTheService) {
  EXPECT_EQ(target("pass-" + kKey + ".localhost:7009"), "service pass-" + kKey);
  EXPECT_EQ(target("pass-" + kKey + ".localhost"), "service pass-" + kKey);
  EXPECT_EQ(target(kKey + ".localhost:7009"), "service " + kKey);
}

TEST(HostName, ComparesWithoutCase) {
  EXPECT_EQ(target("PASS-03B131FEF9459A4A73DA0C27E5B9E96362859DE6.LocalHost"), "service pass-" + kKey);
  EXPECT_EQ(target("LOCALHOST"), "localhost");
  EXPECT_EQ(target("Wiki.Localhost"), "label wiki");
}

TEST(HostName, AcceptsATrailingDotAndAnyPort) {
  EXPECT_EQ(target(kKey + ".localhost.:7009"), "service " + kKey);
  EXPECT_EQ(target(kKey + ".localhost."), "service " + kKey);
  EXPECT_EQ(target("localhost.:1"), "localhost");
  EXPECT_EQ(target("localhost:"), "localhost");
}

TEST(HostName, AcceptsPasswordsLongerThanALabelAllows) {
  EXPECT_EQ(target("abcdefghijklmnopqrstuvw-" + kKey + ".localhost"), "service abcdefghijklmnopqrstuvw-" + kKey);
}

TEST(HostName, TellsPetnamesFromServices) {
  EXPECT_EQ(target("wiki.localhost:7009"), "label wiki");
  EXPECT_EQ(target("my_wiki-2.localhost"), "label my_wiki-2");
  EXPECT_EQ(target(std::string(63, 'a') + ".localhost"), "label " + std::string(63, 'a'));
  EXPECT_EQ(target(std::string(64, 'a') + ".localhost"), "foreign");
}

TEST(HostName, TellsTheOriginOfALabel) {
  const auto label = [](std::string_view host) { return std::get<HostIsLabel>(parse_host(host)); };
  EXPECT_EQ(label("wiki.localhost").port, 80);
  EXPECT_EQ(label("wiki.localhost:").port, 80);
  EXPECT_EQ(label("wiki.localhost:07009").port, 7009);
  EXPECT_EQ(label("wiki.localhost:99999").port, 99999);
  EXPECT_FALSE(label("wiki.localhost:1").ends_in_dot);
  EXPECT_TRUE(label("wiki.localhost.").ends_in_dot);
  EXPECT_TRUE(label("wiki.localhost.:7009").ends_in_dot);
}

TEST(HostName, TakesEverythingElseForForeign) {
  for (const char* host : {"",
                           ".",
                           ":7009",
                           ".localhost",
                           "..localhost",
                           "example.com",
                           "127.0.0.1:7009",
                           "[::1]:7009",
                           "a.b.localhost",
                           "localhost.example.com",
                           "notlocalhost",
                           "localhost..",
                           "wiki.localhost..",
                           "wiki.localhost:70 09",
                           "wiki.localhost:port",
                           "wiki.localhost:700900",
                           "wiki.localhost:1:2",
                           "wi ki.localhost",
                           "wiki.localhost ",
                           "w\xc3\xa4.localhost",
                           "<b>.localhost",
                           "user@wiki.localhost"})
    EXPECT_EQ(target(host), "foreign") << host;
  EXPECT_EQ(target("www." + kKey + ".localhost"), "foreign");
  EXPECT_EQ(target(kKey + ".example.com"), "foreign");
  EXPECT_EQ(target(std::string("wi\0ki.localhost", 15)), "foreign");
}

}  // namespace
}  // namespace hardline::wire
