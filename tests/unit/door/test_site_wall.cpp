#include "door/site_wall.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace hardline::door {
namespace {

bool is_refused(const std::string& fields, const std::string& start = "GET /", const std::string& port = ":7009") {
  const auto head =
      http::parse_request_head(start + " HTTP/1.1\r\nHost: nas.localhost" + port + "\r\n" + fields + "\r\n");
  if (!head) throw std::runtime_error("this is no head: " + fields);
  return is_sent_by_other_site(*head);
}

constexpr auto kLink = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";

TEST(SiteWall, LetsALinkThrough) {
  EXPECT_FALSE(is_refused(kLink));
  EXPECT_FALSE(is_refused(kLink, "HEAD /"));
  EXPECT_FALSE(is_refused("Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n"));
}

TEST(SiteWall, LetsNothingElseOfAnotherSiteThrough) {
  EXPECT_TRUE(is_refused(kLink, "POST /"));
  EXPECT_TRUE(is_refused(std::string(kLink) + "Sec-Purpose: prefetch\r\n"));
  for (const std::string site : {"cross-site", "same-site", "what comes next"}) {
    EXPECT_TRUE(is_refused("Sec-Fetch-Site: " + site + "\r\n")) << site;
    EXPECT_TRUE(is_refused("Sec-Fetch-Site: " + site + "\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: style\r\n"));
    EXPECT_TRUE(is_refused("Sec-Fetch-Site: " + site + "\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n"));
    EXPECT_TRUE(is_refused("Sec-Fetch-Site: " + site + "\r\nSec-Fetch-Mode: cors\r\n", "OPTIONS /"));
    EXPECT_TRUE(is_refused("Sec-Fetch-Site: " + site + "\r\nSec-Fetch-Mode: websocket\r\n"));
  }
}

TEST(SiteWall, LetsTheServicesOwnPagesAndThePersonDoEverything) {
  for (const std::string site : {"same-origin", "none"})
    for (const auto* method : {"GET /", "POST /", "DELETE /"})
      EXPECT_FALSE(is_refused("Sec-Fetch-Site: " + site + "\r\nSec-Fetch-Mode: cors\r\n", method)) << site;
}

TEST(SiteWall, GoesByOriginWhereTheBrowserTellsNothingElse) {
  for (const auto* origin :
       {"http://nas.localhost", "http://cinema.localhost:7009", "https://nas.localhost:7009", "null",
        "http://localhost:7009", "http://nas.localhost:7009.example.org", "http://nas.localhost.:7009", ""})
    EXPECT_TRUE(is_refused("Origin: " + std::string(origin) + "\r\n")) << origin;
  EXPECT_FALSE(is_refused("Origin: http://nas.localhost:7009\r\n", "POST /"));
  EXPECT_FALSE(is_refused("Origin: http://NAS.localhost:7009\r\nUpgrade: websocket\r\n"));
  EXPECT_FALSE(is_refused("Origin: http://nas.localhost\r\n", "POST http://nas.localhost:80/"));
  EXPECT_FALSE(is_refused("Origin: http://nas.localhost:80\r\n", "POST /", ""));
}

TEST(SiteWall, IsNothingToPrograms) {
  EXPECT_FALSE(is_refused(""));
  EXPECT_FALSE(is_refused("Accept: text/html\r\nCookie: a=b\r\n", "POST /"));
  EXPECT_FALSE(is_refused("Origin: http://example.org\r\n", "CONNECT nas.localhost:80"));
}

}  // namespace
}  // namespace hardline::door
