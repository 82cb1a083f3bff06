#include "door/name_change.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hardline::door {

// Found by GoogleTest through argument-dependent lookup.
void PrintTo(NameChange change, std::ostream* out) {
  static constexpr const char* kNames[] = {"none", "begin", "pending"};
  *out << kNames[static_cast<int>(change)];
}

namespace {

using testing::Contains;
using testing::Pair;

http::RequestHead head(const std::string& fields, const std::string& start = "GET /") {
  const auto parsed = http::parse_request_head(start + " HTTP/1.1\r\nHost: wiki.localhost:7009\r\n" + fields + "\r\n");
  if (!parsed) throw std::runtime_error("this is no head: " + fields);
  return *parsed;
}

NameChange change(const std::string& fields, const std::string& start = "GET /") {
  return name_change(head(fields, start));
}

TEST(NameChange, BeginsWithAPageThatIsOpened) {
  EXPECT_EQ(change("Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n"), NameChange::begin);
  EXPECT_EQ(change("Sec-Fetch-Mode: navigate\r\n"), NameChange::begin);
  EXPECT_EQ(change("Sec-Fetch-Mode: navigate\r\n", "POST /form"), NameChange::begin);
  EXPECT_EQ(change("Accept: text/html\r\nCookie: a=b\r\n"), NameChange::begin) << "an old browser";
}

TEST(NameChange, HoldsEverythingElseOfABrowserBack) {
  EXPECT_EQ(change("Sec-Fetch-Mode: cors\r\nAccept: text/html\r\n"), NameChange::pending);
  EXPECT_EQ(change("Sec-Fetch-Mode: websocket\r\n"), NameChange::pending);
  EXPECT_EQ(change("Sec-Fetch-Site: none\r\n"), NameChange::pending);
  EXPECT_EQ(change("Cookie: a=b\r\n"), NameChange::pending);
  EXPECT_EQ(change("Origin: http://wiki.localhost:7009\r\n"), NameChange::pending);
}

TEST(NameChange, DoesNotBeginInAFrameOfAnotherPage) {
  EXPECT_EQ(change("Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n"), NameChange::pending);
}

TEST(NameChange, DoesNotBeginAheadOfTime) {
  for (const auto* field :
       {"Sec-Purpose: prefetch\r\n", "Sec-Purpose: prefetch;prerender\r\n", "Purpose: prefetch\r\n"})
    EXPECT_EQ(change(std::string("Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n") + field),
              NameChange::pending)
        << field;
  EXPECT_EQ(change("Accept: text/html\r\nX-Moz: prefetch\r\n"), NameChange::pending);
}

TEST(NameChange, IsNothingToPrograms) {
  EXPECT_EQ(change(""), NameChange::none);
  EXPECT_EQ(change("Accept: */*\r\nUser-Agent: Mozilla/5.0\r\n"), NameChange::none);
  EXPECT_EQ(change("", "CONNECT wiki.localhost:22"), NameChange::none);
}

TEST(NameChange, HoldsABrowsersConnectBackByWhatItCallsItself) {
  EXPECT_EQ(change("User-Agent: Mozilla/5.0\r\n", "CONNECT wiki.localhost:80"), NameChange::pending);
}

TEST(NameChange, KnowsANavigation) {
  EXPECT_TRUE(is_navigation(head("Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n")));
  EXPECT_TRUE(is_navigation(head("Sec-Fetch-Mode: navigate\r\nSec-Purpose: prefetch;prerender\r\n")));
  EXPECT_TRUE(is_navigation(head("Sec-Fetch-Mode: nested-navigate\r\n")));
  EXPECT_TRUE(is_navigation(head("Accept: text/html\r\n")));
  EXPECT_FALSE(is_navigation(head("Sec-Fetch-Mode: cors\r\nAccept: text/html\r\n")));
  EXPECT_FALSE(is_navigation(head("Cookie: a=b\r\n")));
  EXPECT_FALSE(is_navigation(head("User-Agent: Mozilla/5.0\r\n", "CONNECT wiki.localhost:80")));
}

TEST(KeeperOf, TellsBrowsersApartButNotTheirVersions) {
  const auto keeper = [](const std::string& browser) { return keeper_of(head("User-Agent: " + browser + "\r\n")); };
  const auto chrome = keeper("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.0.0");
  EXPECT_EQ(chrome, keeper("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/100.0.0.0"));
  EXPECT_NE(chrome, keeper("Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0"));
  EXPECT_NE(chrome, keeper_of(head("")));
}

TEST(KeeperOf, TellsPortsApart) {
  const auto port = [](const std::string& start) { return keeper_of(head("", start)).port; };
  EXPECT_EQ(port("GET /"), 7009);
  EXPECT_EQ(port("GET http://wiki.localhost/"), 80);
  EXPECT_EQ(port("CONNECT wiki.localhost:443"), 443);
}

TEST(NameChange, LeadsToNoOtherHost) {
  const auto page = begin_anew_page(head("Accept: text/html\r\n", "GET //example.org/"), "wiki");
  EXPECT_EQ(page.status, 303);
  EXPECT_THAT(page.fields, Contains(Pair("Location", "http://wiki.localhost:7009//example.org/")));
}

TEST(NameChange, HasTheBrowserForgetInEitherAnswer) {
  const auto forget = Pair("Clear-Site-Data", R"("cache", "cookies", "storage")");
  EXPECT_THAT(begin_anew_page(head(""), "wiki").fields, Contains(forget));
  const auto page = name_changed_page("wiki");
  EXPECT_EQ(page.status, 409);
  EXPECT_THAT(page.fields, Contains(forget));
}

}  // namespace
}  // namespace hardline::door
