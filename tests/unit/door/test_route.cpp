#include "door/route.hpp"

#include <gtest/gtest.h>

#include "store/temp_dir.hpp"
#include "support/tls_peer.hpp"

namespace hardline::door {
namespace {

using http::TargetForm;
using support::service_name;

/// "wiki" is the service of "ec".
class RouteTest : public testing::Test {
 protected:
  RouteTest() {
    if (io.await(names.pin(*Petname::parse("wiki"), service_name("ec")))) throw std::runtime_error("no pin");
  }

  Route route(const std::string& host, TargetForm form = TargetForm::origin) const {
    http::RequestHead head;
    head.method = form == TargetForm::authority ? "CONNECT" : "GET";
    head.form = form;
    head.host = host;
    return find_route(head, names, 7009);
  }
  /// The status of the page that says why nothing is there, else 0.
  int refusal(const std::string& host, TargetForm form = TargetForm::origin) const {
    const auto found = route(host, form);
    const auto* page = std::get_if<web::Page>(&found);
    return page ? page->status : 0;
  }

  support::TestIo io;
  store::TempDir dir;
  asio::thread_pool files{1};
  store::NameBook names{dir / "names", files};
};

constexpr auto kForms = {TargetForm::origin, TargetForm::absolute, TargetForm::authority};

TEST_F(RouteTest, LeadsToAServiceInEveryForm) {
  for (const auto form : kForms)
    for (const auto& host : {service_name("ec").label() + ".localhost:1", std::string("WIKI.localhost:7009")}) {
      const auto found = route(host, form);
      ASSERT_TRUE(std::holds_alternative<ToService>(found)) << host;
      EXPECT_EQ(std::get<ToService>(found).name.key, service_name("ec").key);
    }
}

TEST_F(RouteTest, RemembersThePetnameInLowerCase) {
  const auto by_petname = route("Wiki.Localhost");
  EXPECT_EQ(std::get<ToService>(by_petname).petname, "wiki");
  const auto by_own_name = route(service_name("ec").label() + ".localhost");
  EXPECT_EQ(std::get<ToService>(by_own_name).petname, "");
}

TEST_F(RouteTest, LeadsByAPetnameAtTwoPortsAlone) {
  for (const char* host : {"wiki.localhost", "wiki.localhost:", "wiki.localhost:80", "wiki.localhost:7009"})
    for (const auto form : {TargetForm::origin, TargetForm::absolute}) EXPECT_EQ(refusal(host, form), 0) << host;
  for (const char* host : {"wiki.localhost.", "wiki.localhost.:7009", "wiki.localhost:81", "wiki.localhost:443",
                           "wiki.localhost:7008", "wiki.localhost:70091", "nobodys.localhost.", "nobodys.localhost:81"})
    for (const auto form : {TargetForm::origin, TargetForm::absolute}) EXPECT_EQ(refusal(host, form), 421) << host;
}

TEST_F(RouteTest, SaysHowANameIsWritten) {
  const auto found = route("Wiki.localhost.:7009");
  ASSERT_EQ(std::get<web::Page>(found).links.size(), 1u);
  EXPECT_EQ(std::get<web::Page>(found).links[0].url, "http://wiki.localhost:7009/");
}

TEST_F(RouteTest, LeadsProgramsToEveryPortByConnectButNoBrowser) {
  EXPECT_EQ(refusal("wiki.localhost:22", TargetForm::authority), 0);
  EXPECT_EQ(refusal("wiki.localhost.:22", TargetForm::authority), 421);
  for (const int port : {80, 7009, 22, 443}) {
    const auto head = *http::parse_request_head("CONNECT wiki.localhost:" + std::to_string(port) +
                                                " HTTP/1.1\r\nUser-Agent: Mozilla/5.0\r\n\r\n");
    const auto found = find_route(head, names, 7009);
    EXPECT_EQ(std::holds_alternative<ToService>(found), port == 80 || port == 7009) << port;
  }
}

TEST_F(RouteTest, TellsPagesOfOtherSitesNothingOfNames) {
  const auto asked = [this](const std::string& host) {
    const auto head = *http::parse_request_head("POST / HTTP/1.1\r\nHost: " + host +
                                                "\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n\r\n");
    const auto found = find_route(head, names, 7009);
    const auto* page = std::get_if<web::Page>(&found);
    return page ? to_response(*page, web::Form::html, true) : "";
  };
  const auto refusal = asked("wiki.localhost:7009");
  EXPECT_EQ(refusal.substr(0, 13), "HTTP/1.1 403 ");
  for (const char* host : {"nobodys.localhost:7009", "www.localhost:7009", "wiki.localhost.", "nobodys.localhost:1"})
    EXPECT_EQ(asked(host), refusal) << host;
  EXPECT_EQ(asked(service_name("ec").label() + ".localhost:7009"), "") << "which nobody can guess";
}

TEST_F(RouteTest, LeadsToTheDashboardInEverySpellingButNotByConnect) {
  for (const char* host : {"localhost", "localhost:7009", "LOCALHOST.", "localhost.:1",
                           "localhost:", "hardline.localhost", "Hardline.LocalHost.:7009"}) {
    EXPECT_TRUE(std::holds_alternative<ToDashboard>(route(host))) << host;
    EXPECT_TRUE(std::holds_alternative<ToDashboard>(route(host, TargetForm::absolute))) << host;
    EXPECT_EQ(refusal(host, TargetForm::authority), 403) << host;
  }
}

TEST_F(RouteTest, LeadsNowhereElse) {
  for (const char* host :
       {"example.org", "127.0.0.1:7009", "[::1]:7009", "wiki", "wiki.localhost.example.org", "a.wiki.localhost", ""}) {
    EXPECT_EQ(refusal(host), 421) << host;
    EXPECT_EQ(refusal(host, TargetForm::absolute), 403) << host;
    EXPECT_EQ(refusal(host, TargetForm::authority), 403) << host;
  }
}

TEST_F(RouteTest, OffersToPinWhatCanBeAPetname) {
  const auto found = route("Jellyfin.localhost");
  ASSERT_TRUE(std::holds_alternative<web::Page>(found));
  ASSERT_EQ(std::get<web::Page>(found).links.size(), 1u);
  EXPECT_EQ(std::get<web::Page>(found).links[0].url, "http://localhost:7009/?pin=jellyfin");
}

TEST_F(RouteTest, OffersNothingForWhatCannotBeOne) {
  for (const char* host : {"www.localhost", "wpad.localhost", "a_b.localhost", "-a.localhost", "xn--a.localhost"}) {
    const auto found = route(host);
    ASSERT_TRUE(std::holds_alternative<web::Page>(found)) << host;
    EXPECT_EQ(std::get<web::Page>(found).status, 404) << host;
    EXPECT_TRUE(std::get<web::Page>(found).links.empty()) << host;
  }
}

}  // namespace
}  // namespace hardline::door
