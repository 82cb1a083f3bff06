#include "hardline/web/route.hpp"

#include <gtest/gtest.h>

#include "store/temp_dir.hpp"
#include "support/tls_peer.hpp"

namespace hardline::web {
namespace {

using support::service_name;
using wire::TargetForm;

/// "wiki" is the service of "ec".
class RouteTest : public testing::Test {
 protected:
  RouteTest() {
    if (io.await(names.pin(*Petname::parse("wiki"), service_name("ec")))) throw std::runtime_error("no pin");
  }

  Route route(const std::string& host, TargetForm form = TargetForm::origin) const {
    wire::RequestHead head;
    head.method = form == TargetForm::authority ? "CONNECT" : "GET";
    head.form = form;
    head.host = host;
    return find_route(head, names, 7009);
  }
  /// The status of the page that says why nothing is there, else 0.
  int refusal(const std::string& host, TargetForm form = TargetForm::origin) const {
    const auto found = route(host, form);
    const auto* page = std::get_if<Page>(&found);
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
    for (const auto& host : {service_name("ec").label() + ".localhost:1", std::string("WIKI.localhost.:1")}) {
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
  ASSERT_TRUE(std::holds_alternative<Page>(found));
  ASSERT_EQ(std::get<Page>(found).links.size(), 1u);
  EXPECT_EQ(std::get<Page>(found).links[0].url, "http://localhost:7009/?pin=jellyfin");
}

TEST_F(RouteTest, OffersNothingForWhatCannotBeOne) {
  for (const char* host : {"www.localhost", "wpad.localhost", "a_b.localhost", "-a.localhost", "xn--a.localhost"}) {
    const auto found = route(host);
    ASSERT_TRUE(std::holds_alternative<Page>(found)) << host;
    EXPECT_EQ(std::get<Page>(found).status, 404) << host;
    EXPECT_TRUE(std::get<Page>(found).links.empty()) << host;
  }
}

}  // namespace
}  // namespace hardline::web
