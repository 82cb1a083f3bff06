#include "hardline/dashboard/dashboard_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dashboard/dashboard_assets.hpp"
#include "dashboard/dashboard_model.hpp"

namespace hardline::dashboard {
namespace {

using namespace sample;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

std::string page(const DashboardModel& model) {
  return page_html(model, {"the-token", "the-start"});
}

TEST(Page, StaysTheSameWhileNothingHappensButTime) {
  auto shown = with(own("Films"));
  shown.pins.push_back(pinned("cinema", std::string(kOtherHex)));
  shown.pins[0].visit = reached(kNow - 5min, "lan");
  shown.neighbours.push_back(neighbour("Music", kOtherHex));
  const auto before = page(shown);
  shown.status.now += 3s;
  shown.status.uptime += 3s;
  shown.neighbours[0].heard_ago += 3s;
  EXPECT_EQ(page(shown), before);
}

TEST(Page, HasItsSectionsAsHeadedLandmarks) {
  const auto html = page(model());
  for (const auto* heading : {"On this network", "Yours", "Published here", "This computer"})
    EXPECT_THAT(html, ContainsRegex(std::string("<section id=\"[a-z]+\" aria-labelledby=\"[a-z]+-heading\">[^§]*<h2 "
                                                "id=\"[a-z]+-heading\" tabindex=\"-1\">") +
                                    heading + "</h2>"));
  EXPECT_EQ(count(html, "<h1>"), 1U);
  EXPECT_EQ(count(html, "<main "), 1U);
  EXPECT_THAT(html, AllOf(HasSubstr("<html lang=\"en\">"), HasSubstr("aria-live=\"polite\""), HasSubstr("<noscript>")));
}

TEST(Page, BringsTheTokenAndTheStart) {
  EXPECT_THAT(page(model()), HasSubstr("<body data-start=\"the-start\" data-token=\"the-token\">"));
}

TEST(Page, LoadsNothingFromElsewhereAndHasNoScriptOrStyleInside) {
  auto shown = with(neighbour("Films"));
  shown.services.push_back(own("Music"));
  const auto html = page(shown);
  for (const auto* part : {" style=", "<style", "javascript:", " onclick", "src=\"http", "https://"})
    EXPECT_THAT(html, Not(HasSubstr(part)));
  EXPECT_EQ(count(html, "<script"), 1U);
  EXPECT_THAT(html, HasSubstr("<script src=\"" + dashboard_script().url() + "\" defer></script>"));
  EXPECT_EQ(count(html, "<link "), 2U);
}

TEST(Page, WhereItMayOnlyBeReadNothingCanBeChanged) {
  auto shown = with(own("Films"));
  shown.read_only = true;
  shown.pins.push_back(pinned("cinema", std::string(kOtherHex)));
  shown.neighbours.push_back(neighbour("Music", "00000000000000000000000000000000000000ff"));
  const auto html = page(shown);
  for (const auto* action : {"pin", "pin-link", "rename", "unpin", "publish", "edit", "pause", "resume", "remove"})
    EXPECT_THAT(html, Not(HasSubstr(std::string("data-act=\"") + action + "\""))) << action;
  EXPECT_THAT(html, Not(HasSubstr("the-token")));
  EXPECT_THAT(html, HasSubstr("Changes are disabled"));
  for (const auto* action : {"copy", "why"})
    EXPECT_THAT(html, HasSubstr(std::string("data-act=\"") + action + "\"")) << action;
}

TEST(Page, IsUnder100KilobytesWithEverything) {
  auto shown = model();
  for (int i = 0; i < 8; ++i) {
    auto hex = std::string(kHex);
    hex[0] = static_cast<char>('0' + i);
    shown.neighbours.push_back(neighbour("A service of the neighbours", hex));
    shown.pins.push_back(pinned("service-" + std::to_string(i), "secret-" + hex));
    shown.services.push_back(own("A service of this house"));
  }
  const auto size = page(shown).size() + dashboard_style().body.size() + dashboard_script().body.size() +
                    dashboard_icon().body.size();
  EXPECT_LT(size, 100'000U);
}

TEST(Page, MarkupInWhatOthersSaidIsText) {
  auto shown = with(own(std::string(kMarkup)));
  shown.services[0].origin_up = false;
  shown.services[0].origin_problem = kMarkup;
  shown.services[0].origin = kMarkup;
  auto pin = pinned("nas", std::string(kOtherHex));
  pin.visit = store::Visit{std::nullopt, {}, kNow, std::string(kMarkup)};
  shown.pins.push_back(pin);
  shown.status.problems.push_back({kNow, true, std::string(kMarkup)});
  shown.status.gateway.state = reach::PortMapperStatus::State::refused;
  shown.status.gateway.gateway = kMarkup;
  shown.status.gateway.problem = kMarkup;
  shown.status.dht_proxies.push_back(proxy(std::string(kMarkup), {}, std::string(kMarkup)));
  const auto html = page(shown);
  EXPECT_THAT(html, Not(HasSubstr("<script>")));
  EXPECT_THAT(html, Not(HasSubstr("<img src=x")));
  EXPECT_THAT(html, Not(HasSubstr("\"'>")));
}

}  // namespace
}  // namespace hardline::dashboard
