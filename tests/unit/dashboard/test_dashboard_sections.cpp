#include "hardline/dashboard/dashboard_sections.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "dashboard/dashboard_model.hpp"
#include "hardline/base/html.hpp"
#include "hardline/find/finder.hpp"

namespace hardline::dashboard {
namespace {

using namespace sample;
using find::Source;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

std::string lan(const DashboardModel& model) {
  return section_html(model, Section::lan);
}
std::string yours(const DashboardModel& model) {
  return section_html(model, Section::yours);
}
std::string published(const DashboardModel& model) {
  return section_html(model, Section::published);
}
std::string computer(const DashboardModel& model) {
  return section_html(model, Section::computer);
}

/// What people read: without tags.
std::string text_of(const std::string& html) {
  std::string text;
  bool in_tag = false;
  for (const char c : html) {
    if (c == '<') in_tag = true;
    if (!in_tag) text += c;
    if (c == '>') in_tag = false;
  }
  return text;
}

// ---- Hostile text ----

TEST(DashboardText, MarkupInTheTitleOfANeighbourIsText) {
  const auto html = lan(with(neighbour(std::string(kMarkup))));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("<img src=x")));
  EXPECT_THAT(html, Not(HasSubstr("\"'>")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&gt;"));
}

TEST(DashboardText, MarksThatTurnDirectionAreLeftOutAndTitlesAreIsolated) {
  const auto html = lan(with(neighbour("ab\u202ecd\u2066ef")));
  EXPECT_THAT(html, HasSubstr("<bdi>abcdef</bdi>"));
  EXPECT_THAT(html, Not(HasSubstr("\u202e")));
  EXPECT_THAT(html, Not(HasSubstr("\u2066")));
}

TEST(DashboardText, TitlesAreOneLineOfUtf8) {
  EXPECT_THAT(lan(with(neighbour("a\r\nb\xff"))), HasSubstr("<bdi>a  b</bdi>"));
}

TEST(DashboardText, ALongTitleIsAllThere) {
  const std::string title(5000, 'x');
  EXPECT_THAT(lan(with(neighbour(title))), HasSubstr("<bdi>" + title + "</bdi>"));
}

TEST(DashboardText, ThereIsSomethingToReadWhereATitleIsEmpty) {
  EXPECT_THAT(lan(with(neighbour(""))), HasSubstr("<bdi>Untitled service</bdi>"));
  EXPECT_THAT(lan(with(neighbour("\u202e "))), HasSubstr("<bdi>Untitled service</bdi>"));
}

TEST(DashboardText, TheTileHasTheFirstLetterWhole) {
  EXPECT_THAT(lan(with(neighbour("jellyfin"))), ContainsRegex("class=\"tile t.\" aria-hidden=\"true\">J<"));
  EXPECT_THAT(lan(with(neighbour("über"))), ContainsRegex("class=\"tile t.\" aria-hidden=\"true\">ü<"));
  EXPECT_THAT(lan(with(neighbour("<b>"))), ContainsRegex("class=\"tile t.\" aria-hidden=\"true\">&lt;<"));
}

// ---- On this network ----

TEST(OnThisNetwork, SaysWhatToDoWhileNothingIsHeard) {
  EXPECT_THAT(lan(model()), HasSubstr("Nothing found yet."));
}

TEST(OnThisNetwork, SaysWhereItIsSwitchedOff) {
  auto shown = model();
  shown.status.lan = false;
  EXPECT_THAT(lan(shown), AllOf(HasSubstr("switched off"), Not(HasSubstr("Nothing found"))));
}

TEST(OnThisNetwork, OpensPinsAndCopies) {
  const auto html = lan(with(neighbour("Films")));
  const auto link = "http://" + std::string(kHex) + ".localhost:7009/";
  EXPECT_THAT(html, HasSubstr("href=\"" + link + "\">Open<span class=\"vh\"> <bdi>Films</bdi></span></a>"));
  EXPECT_THAT(html, HasSubstr("data-link=\"" + link + "\""));
  for (const auto* action : {"pin", "copy"}) EXPECT_THAT(html, HasSubstr(std::string("data-act=\"") + action + "\""));
  EXPECT_THAT(html, HasSubstr("<summary class=\"btn\">QR code<span class=\"vh\"> <bdi>Films</bdi></span></summary>"));
  EXPECT_THAT(html, HasSubstr("src=\"/qr.svg?text=http%3A%2F%2F" + std::string(kHex) + ".localhost%3A7009%2F\""));
}

TEST(OnThisNetwork, NamesTheMachineAndTheShortIdentity) {
  const auto text = text_of(lan(with(neighbour("Films"))));
  EXPECT_THAT(text, HasSubstr("at 192.0.2.7 · ID 01234567"));
  EXPECT_THAT(text, Not(HasSubstr(kHex)));
}

TEST(OnThisNetwork, CountsFurtherMachines) {
  auto service = neighbour("Films");
  service.machines.push_back({asio::ip::make_address("192.0.2.8"), 7008});
  EXPECT_THAT(text_of(lan(with(service))), HasSubstr("at 192.0.2.7 and 1 more"));
}

TEST(OnThisNetwork, KnowsThisComputersAddresses) {
  auto shown = with(neighbour("Films"));
  shown.status.addresses.push_back({"eth0", asio::ip::make_address("192.0.2.7")});
  EXPECT_THAT(text_of(lan(shown)), HasSubstr("on this computer"));
}

TEST(OnThisNetwork, APinnedServiceOpensByItsPetnameAndIsNotPinnedAgain) {
  auto shown = with(neighbour("Films"));
  shown.pins.push_back(pinned("cinema"));
  const auto html = lan(shown);
  EXPECT_THAT(html, HasSubstr("href=\"http://cinema.localhost:7009/\""));
  EXPECT_THAT(html, HasSubstr("Pinned as cinema"));
  EXPECT_THAT(html, Not(HasSubstr("data-act=\"pin\"")));
  EXPECT_THAT(html, HasSubstr("data-link=\"http://secret-")) << "what is copied works elsewhere";
}

TEST(OnThisNetwork, AnOwnServiceOpensWithItsPassword) {
  auto shown = with(neighbour("Films"));
  shown.services.push_back(own("Films"));
  EXPECT_THAT(lan(shown), AllOf(HasSubstr("href=\"http://pw-"), HasSubstr("Published by this computer")));
}

TEST(OnThisNetwork, TellsFreshnessCoarsely) {
  const auto heard = [](std::chrono::milliseconds age) {
    auto service = neighbour("Films");
    service.heard_ago = age;
    return lan(with(service));
  };
  EXPECT_THAT(heard(0s), HasSubstr("Heard just now"));
  EXPECT_EQ(heard(0s), heard(7900ms));
  EXPECT_THAT(heard(8s), HasSubstr("Heard 10 seconds ago"));
  EXPECT_EQ(heard(8s), heard(14900ms));
  EXPECT_THAT(heard(16s), HasSubstr("Heard 20 seconds ago"));
  EXPECT_THAT(heard(54s), HasSubstr("Heard 50 seconds ago"));
  EXPECT_THAT(heard(56s), HasSubstr("Heard 1 minute ago"));
  EXPECT_THAT(heard(89s), HasSubstr("Heard 1 minute ago"));
  EXPECT_THAT(heard(0s), HasSubstr("\"state ok\""));
  EXPECT_THAT(heard(8s), HasSubstr("\"state warn\""));
}

// ---- Yours ----

TEST(Yours, SaysWhatPinningIsWhileThereIsNone) {
  EXPECT_THAT(yours(model()), HasSubstr("No names yet."));
}

TEST(Yours, OpensByItsNameWithoutThePasswordOnThePage) {
  const auto html = yours(with(pinned("cinema")));
  EXPECT_THAT(html, HasSubstr("href=\"http://cinema.localhost:7009/\""));
  EXPECT_THAT(text_of(html), AllOf(HasSubstr("cinema.localhost:7009"), Not(HasSubstr("secret"))));
  for (const auto* action : {"why", "copy", "rename", "unpin"})
    EXPECT_THAT(html, HasSubstr(std::string("data-act=\"") + action + "\""));
}

TEST(Yours, ShowsTheTitleThatTheNetworkTells) {
  auto shown = with(pinned("cinema"));
  shown.neighbours.push_back(neighbour("Films of the house"));
  EXPECT_THAT(yours(shown), AllOf(HasSubstr("<bdi>Films of the house</bdi>"), HasSubstr("On this network now")));
}

TEST(Yours, TellsHowItWentTheLastTime) {
  auto service = pinned("cinema");
  EXPECT_THAT(text_of(yours(with(service))), HasSubstr("Not opened yet"));
  service.visit = reached(kNow - 3h, "dht");
  EXPECT_THAT(text_of(yours(with(service))), HasSubstr("Reached 3 hours ago through the DHT"));
  service.visit->missed = kNow - 2min;
  service.visit->problem = "no answer in time";
  const auto html = yours(with(service));
  EXPECT_THAT(text_of(html), HasSubstr("Not reached 2 minutes ago: no answer in time"));
  EXPECT_THAT(html, AllOf(HasSubstr("\"state bad\""), Not(HasSubstr("\"state ok\""))));
}

TEST(Yours, KnowsEveryWayOfTheLogOfVisits) {
  auto service = pinned("cinema");
  std::set<std::string> said;
  for (const auto source : {Source::lan, Source::remembered, Source::dht, Source::dht_proxy, Source::this_machine}) {
    service.visit = reached(kNow - 2min, std::string(find::source_word(source)));
    const auto text = text_of(yours(with(service)));
    EXPECT_THAT(text, ContainsRegex("Reached 2 minutes ago [a-z]"));
    said.insert(text);
  }
  EXPECT_EQ(said.size(), 5U);
}

TEST(Yours, TimesAreWordsAndForMachines) {
  auto service = pinned("cinema");
  service.visit = reached(kNow - 49h, "lan");
  EXPECT_THAT(yours(with(service)), HasSubstr("<time datetime=\"2027-01-13T07:00:00Z\">2 days ago</time>"));
  service.visit->reached = kNow + 1h;
  EXPECT_THAT(yours(with(service)), HasSubstr(">just now</time>")) << "a clock was set back";
}

// ---- Published here ----

TEST(PublishedHere, SaysWhatToDoWhileThereIsNothing) {
  EXPECT_THAT(published(model()), HasSubstr("Nothing is published here."));
}

TEST(PublishedHere, ShowsTheLinkInFullAndAllThatCanBeDone) {
  const auto html = published(with(own("Films")));
  EXPECT_THAT(html, HasSubstr("<code class=\"link\">http://pw-" + std::string(kHex) + ".localhost:7009/</code>"));
  for (const auto* action : {"copy", "edit", "pause", "remove"})
    EXPECT_THAT(html, HasSubstr(std::string("data-act=\"") + action + "\""));
  EXPECT_THAT(html, Not(HasSubstr("data-act=\"resume\"")));
  EXPECT_THAT(html, HasSubstr("data-id=\"nas\" data-title=\"Films\" data-host=\"127.0.0.1\" data-port=\"8096\""));
}

TEST(PublishedHere, TellsOriginsStateInWords) {
  auto service = own("Films");
  EXPECT_THAT(published(with(service)), HasSubstr("\"state ok\"><span>Up<"));
  service.origin_up = false;
  EXPECT_THAT(published(with(service)), HasSubstr("\"state bad\"><span>Down<"));
  service.origin_problem = "connection refused";
  EXPECT_THAT(text_of(published(with(service))), HasSubstr("Down: connection refused"));
  service.origin_up = std::nullopt;
  EXPECT_THAT(text_of(published(with(service))), HasSubstr("Checking…"));
}

TEST(PublishedHere, APausedOneIsResumedAndNotOpened) {
  auto service = own("Films");
  service.paused = true;
  const auto html = published(with(service));
  EXPECT_THAT(html, AllOf(HasSubstr("data-act=\"resume\""), HasSubstr("Paused"), Not(HasSubstr(">Open<"))));
}

TEST(PublishedHere, WhatHasNoServiceFileCannotBeChanged) {
  auto service = own("Films");
  service.editable = false;
  const auto html = published(with(service));
  EXPECT_THAT(html, AllOf(HasSubstr("data-act=\"copy\""), Not(HasSubstr("data-act=\"edit\"")),
                          Not(HasSubstr("data-act=\"remove\""))));
}

TEST(PublishedHere, ASocketsPathIsNotEdited) {
  auto service = own("Films");
  service.address = UnixPath{"/run/films.sock"};
  EXPECT_THAT(published(with(service)), AllOf(HasSubstr("data-title"), Not(HasSubstr("data-host"))));
}

TEST(PublishedHere, CountsConnectionsAndOctetsToThreeDigits) {
  const auto carried = [](std::uint64_t connections, std::size_t open, std::uint64_t octets) {
    auto service = own("Films");
    service.connections = connections;
    service.open = open;
    service.octets = octets;
    return text_of(published(with(service)));
  };
  EXPECT_THAT(carried(0, 0, 0), HasSubstr("0 connections · 0 B"));
  EXPECT_THAT(carried(1, 0, 999), HasSubstr("1 connection · 999 B"));
  EXPECT_THAT(carried(2, 1, 1000), HasSubstr("2 connections, 1 open now · 1.0 kB"));
  EXPECT_THAT(carried(2, 0, 9'940), HasSubstr("9.9 kB"));
  EXPECT_THAT(carried(2, 0, 12'345'678), HasSubstr("12 MB"));
  EXPECT_THAT(carried(2, 0, 999'700), HasSubstr("1.0 MB"));
  EXPECT_THAT(carried(2, 0, 5'400'000'000'000), HasSubstr("5.4 TB"));
}

TEST(PublishedHere, TellsHowItsAnnouncementStands) {
  auto shown = with(own("Films"));
  shown.status.services.push_back({"Films", key_of(kHex), true, {}});
  EXPECT_THAT(text_of(published(shown)), HasSubstr("Not announced in the DHT yet"));
  auto& made = shown.status.services[0].announcement.emplace();
  made.last_put = kNow - 3min;
  EXPECT_THAT(text_of(published(shown)), HasSubstr("Announced in the DHT 3 minutes ago"));
  made.problem = "nobody took it";
  EXPECT_THAT(text_of(published(shown)), HasSubstr("Not announced in the DHT: nobody took it"));
  shown.services[0].uses_dht = false;
  EXPECT_THAT(text_of(published(shown)), HasSubstr("Not announced on the internet"));
}

// ---- This computer ----

DashboardModel seen_from_outside(reach::Nat nat, std::vector<HostPort> hosts) {
  auto shown = with(own("Films"));
  shown.status.reachability = {std::move(hosts), asio::ip::make_address_v4("203.0.113.7"), "the gateway", nat};
  shown.status.dht_node.emplace().state = dht::DhtNodeStatus::State::connected;
  return shown;
}

TEST(ThisComputer, NeedsNotBeReachedWhileNothingIsPublished) {
  EXPECT_THAT(text_of(computer(model())), HasSubstr("nobody needs to reach this computer"));
  auto paused = own("Films");
  paused.paused = true;
  EXPECT_THAT(text_of(computer(with(paused))), HasSubstr("nobody needs to reach this computer"));
}

TEST(ThisComputer, IsReachableWhereARouterLetsConnectionsIn) {
  for (const auto nat : {reach::Nat::mapped, reach::Nat::none}) {
    const auto html = computer(seen_from_outside(nat, {{"203.0.113.7", 7008}, {"2001:db8::1", 7008}}));
    EXPECT_THAT(html, HasSubstr("\"state ok\""));
    EXPECT_THAT(text_of(html), HasSubstr("Reachable from the internet at 203.0.113.7:7008"));
    EXPECT_THAT(text_of(html), HasSubstr("Also at [2001:db8::1]:7008."));
  }
}

TEST(ThisComputer, IsReachableWhereTheConfigurationSaysSo) {
  auto shown = seen_from_outside(reach::Nat::unknown, {{"203.0.113.7", 7008}});
  EXPECT_THAT(computer(shown), HasSubstr("\"state ok\""));
}

TEST(ThisComputer, SaysWhyItIsNotReachable) {
  for (const auto nat : {reach::Nat::unmapped, reach::Nat::double_nat, reach::Nat::carrier_grade}) {
    const auto html = computer(seen_from_outside(nat, {{"203.0.113.7", 7008}}));
    EXPECT_THAT(html, HasSubstr("\"state bad\""));
    EXPECT_THAT(text_of(html),
                AllOf(HasSubstr("Not reachable from the internet"), HasSubstr("It can be reached on this network.")));
    EXPECT_THAT(text_of(html), HasSubstr(escape_html(reach::explain(nat))));
  }
}

TEST(ThisComputer, IsReachableOverIpv6Alone) {
  const auto html =
      computer(seen_from_outside(reach::Nat::carrier_grade, {{"203.0.113.7", 7008}, {"2001:db8::1", 7008}}));
  EXPECT_THAT(html, HasSubstr("\"state warn\""));
  EXPECT_THAT(text_of(html), HasSubstr("over IPv6 only, at [2001:db8::1]:7008"));
}

TEST(ThisComputer, IsNotLookingForWhatIsSwitchedOff) {
  auto model = with(own("Films"));
  model.status.port_mapping = false;
  model.status.dht = false;
  EXPECT_THAT(text_of(computer(model)), HasSubstr("On this network only"));
}

TEST(ThisComputer, IsStillLookingAtFirst) {
  EXPECT_THAT(text_of(computer(with(own("Films")))), HasSubstr("Looking for a way in from the internet"));
}

TEST(ThisComputer, IsNotFoundWithoutTheDht) {
  auto shown = seen_from_outside(reach::Nat::mapped, {{"203.0.113.7", 7008}});
  shown.status.dht_node->state = dht::DhtNodeStatus::State::disconnected;
  EXPECT_THAT(computer(shown),
              AllOf(HasSubstr("\"state warn\""), HasSubstr("which this computer is not connected to")));
  shown.status.dht_proxies.push_back(proxy("https://proxy.example/", kNow));
  EXPECT_THAT(computer(shown), AllOf(HasSubstr("\"state ok\""), HasSubstr("Through the proxy https://proxy.example/")));
}

TEST(ThisComputer, TellsWhatTheRouterDoes) {
  using State = reach::PortMapperStatus::State;
  auto shown = model();
  auto& gateway = shown.status.gateway;
  const auto says = [&](State state, std::string_view words) {
    gateway.state = state;
    EXPECT_THAT(text_of(computer(shown)), HasSubstr(words));
  };
  says(State::off, "nothing is published");
  says(State::searching, "Looking for one that opens ports");
  gateway.problem = "nobody answered";
  says(State::no_gateway, "No router here opens ports on request: nobody answered");
  gateway.gateway = "FRITZ!Box";
  says(State::refused, "FRITZ!Box refuses to open the port: nobody answered");
  gateway.mapping.emplace();
  gateway.mapping->protocol = "UPnP";
  gateway.mapping->external_port = 7010;
  says(State::mapped, "FRITZ!Box forwards port 7010 to this computer (UPnP)");
  shown.status.port_mapping = false;
  says(State::off, "switched off by the configuration");
}

TEST(ThisComputer, TellsVersionUptimeAndPorts) {
  auto shown = model();
  shown.status.uptime = 26h;
  const auto text = text_of(computer(shown));
  EXPECT_THAT(text, HasSubstr("1.2.3, running for 1 day"));
  EXPECT_THAT(text, HasSubstr("7008 for other computers, 7009 for this one"));
}

TEST(ThisComputer, ListsProblemsNewestFirst) {
  auto shown = model();
  EXPECT_THAT(computer(shown), HasSubstr("No problems since it started."));
  shown.status.problems = {{kNow - 2h, false, "an older one"}, {kNow - 1h, true, "a newer one"}};
  const auto html = computer(shown);
  EXPECT_THAT(html, HasSubstr("<summary>Recent problems (2)</summary>"));
  EXPECT_LT(html.find("a newer one"), html.find("an older one"));
  EXPECT_THAT(text_of(html), AllOf(HasSubstr("Error"), HasSubstr("Warning")));
}

}  // namespace
}  // namespace hardline::dashboard
