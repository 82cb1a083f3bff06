#include "api/to_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "hardline/base/errc.hpp"

namespace hardline::api {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;
using find::Source;
using std::chrono::system_clock;

const KeyHash kKey = *KeyHash::parse("00112233445566778899aabbccddeeff00112233");
const auto kNow = system_clock::from_time_t(1'700'000'000);  // 2023-11-14 22:13:20 UTC

asio::ip::address_v4 v4(const char* text) {
  return asio::ip::make_address_v4(text);
}

DaemonStatus plain_status() {
  DaemonStatus status;
  status.version = "1.2.3";
  status.now = kNow;
  status.started = kNow - 1h;
  status.uptime = 1h;
  status.p2p_port = 7008;
  return status;
}

TEST(StatusJson, SaysNullForWhatThereIsNot) {
  const auto json = to_json(plain_status());
  EXPECT_EQ(json["started"], "2023-11-14T21:13:20Z");
  EXPECT_EQ(json["uptime_seconds"], 3600);
  for (const auto* field : {"local_port", "service_directory", "configuration_file"})
    EXPECT_TRUE(json.at(field).is_null()) << field;
  EXPECT_TRUE(json["gateway"]["mapping"].is_null());
  EXPECT_TRUE(json["reachability"]["public_address"].is_null());
  EXPECT_TRUE(json["dht"]["node"].is_null());
  EXPECT_EQ(json["peers"], Json::array());
}

TEST(StatusJson, GathersTheAddressesOfAnInterface) {
  auto status = plain_status();
  status.addresses = {{"eth0", v4("192.0.2.7"), false, false},
                      {"eth1", v4("198.51.100.7"), false, false},
                      {"eth0", asio::ip::make_address("2001:db8::7"), true, false}};
  const auto interfaces = to_json(status)["interfaces"];
  ASSERT_EQ(interfaces.size(), 2U);
  EXPECT_EQ(interfaces[0]["name"], "eth0");
  EXPECT_EQ(interfaces[0]["addresses"][1]["address"], "2001:db8::7");
  EXPECT_EQ(interfaces[0]["addresses"][1]["temporary"], true);
  EXPECT_EQ(interfaces[1]["addresses"].size(), 1U);
}

TEST(StatusJson, CountsALeaseDown) {
  auto status = plain_status();
  status.gateway.state = reach::PortMapperStatus::State::mapped;
  status.gateway.gateway = "http://192.168.1.1/";
  status.gateway.mapping = reach::PortMapping{
      "UPnP IGDv1", 7008, 7009, v4("192.168.1.5"), v4("203.0.113.7"), 3600s, std::chrono::steady_clock::now() - 600s};
  const auto gateway = to_json(status)["gateway"];
  EXPECT_EQ(gateway["state"], "mapped");
  EXPECT_EQ(gateway["mapping"]["external_address"], "203.0.113.7");
  EXPECT_EQ(gateway["mapping"]["external_port"], 7009);
  EXPECT_EQ(gateway["mapping"]["permanent"], false);
  EXPECT_NEAR(gateway["mapping"]["lease_left_seconds"].get<int>(), 3000, 5);
}

TEST(StatusJson, KnowsALeaseWithoutEnd) {
  auto status = plain_status();
  status.gateway.mapping = reach::PortMapping{};
  const auto mapping = to_json(status)["gateway"]["mapping"];
  EXPECT_EQ(mapping["permanent"], true);
  EXPECT_TRUE(mapping["lease_seconds"].is_null());
  EXPECT_TRUE(mapping["lease_left_seconds"].is_null());
}

TEST(StatusJson, SaysOffWherePortMappingIsSwitchedOff) {
  auto status = plain_status();
  status.port_mapping = false;
  status.gateway.state = reach::PortMapperStatus::State::searching;
  EXPECT_EQ(to_json(status)["gateway"]["state"], "off");
}

TEST(StatusJson, TellsOfEachAnnouncement) {
  auto status = plain_status();
  status.services.push_back({"Jellyfin", kKey, true, reach::Announcement{kNow - 90s, "the DHT", true, ""}});
  status.services.push_back({"Hidden", kKey, false, std::nullopt});
  status.peers.push_back({v4("198.51.100.9"), kKey, 1000});
  const auto json = to_json(status);
  const auto& first = json["services"][0];
  EXPECT_EQ(first["key_hash"], kKey.hex());
  EXPECT_EQ(first["announcement"]["last_put"], "2023-11-14T22:11:50Z");
  EXPECT_EQ(first["announcement"]["last_put_seconds_ago"], 90);
  EXPECT_EQ(first["announcement"]["by"], "the DHT");
  EXPECT_EQ(first["announcement"]["confirmed"], true);
  EXPECT_EQ(first["peers"], 1);
  EXPECT_TRUE(json["services"][1]["announcement"].is_null());
  EXPECT_EQ(json["peers"][0]["address"], "198.51.100.9");
  EXPECT_EQ(json["peers"][0]["service"], kKey.hex());
}

TEST(StatusJson, TellsWhatWentThroughAService) {
  auto status = plain_status();
  status.services.push_back({"Jellyfin", kKey, true, std::nullopt, true, 7, 1'000'000'000'000});
  const auto service = to_json(status)["services"][0];
  EXPECT_EQ(service["paused"], true);
  EXPECT_EQ(service["connections"], 7);
  EXPECT_EQ(service["octets"], 1'000'000'000'000);
}

TEST(StatusJson, TellsOfRecentProblems) {
  auto status = plain_status();
  status.problems.push_back({kNow - 90s, false, "lan: something is odd"});
  status.problems.push_back({kNow, true, "names: nothing was written"});
  const auto problems = to_json(status)["problems"];
  EXPECT_EQ(problems[0]["when"], "2023-11-14T22:11:50Z");
  EXPECT_EQ(problems[0]["seconds_ago"], 90);
  EXPECT_EQ(problems[0]["level"], "warning");
  EXPECT_EQ(problems[0]["text"], "lan: something is odd");
  EXPECT_EQ(problems[1]["level"], "error");
}

TEST(StatusJson, TellsWhatTheBuildIsWithout) {
  auto status = plain_status();
  EXPECT_EQ(to_json(status)["built_without"], Json::array());
  EXPECT_EQ(to_json(status)["dht"]["node_built_in"], true);
  status.built_without = {"OpenDHT: only proxies"};
  status.dht_node_built_in = false;
  EXPECT_EQ(to_json(status)["built_without"], Json({"OpenDHT: only proxies"}));
  EXPECT_EQ(to_json(status)["dht"]["node_built_in"], false);
}

TEST(StatusJson, TellsOfTheDht) {
  auto status = plain_status();
  status.dht_bootstrap = {{"bootstrap.example.org", 4222}};
  status.dht_network = 7;
  dht::DhtNodeStatus node;
  node.state = dht::DhtNodeStatus::State::connected;
  node.port = 4222;
  node.good_nodes4 = 12;
  node.seen_as = {v4("203.0.113.7")};
  status.dht_node = node;
  dht::DhtProxyStatus proxy;
  proxy.last_answer = kNow + 5s;  // the clock was set back since
  proxy.loses_puts = true;
  status.dht_proxies.push_back({"http://proxy.example.org", proxy});
  const auto dht = to_json(status)["dht"];
  EXPECT_EQ(dht["bootstrap"][0], "bootstrap.example.org:4222");
  EXPECT_EQ(dht["network"], 7);
  EXPECT_EQ(dht["node"]["state"], "connected");
  EXPECT_EQ(dht["node"]["good_nodes_ipv4"], 12);
  EXPECT_EQ(dht["node"]["seen_as"][0], "203.0.113.7");
  EXPECT_EQ(dht["proxies"][0]["last_answer_seconds_ago"], 0);
  EXPECT_EQ(dht["proxies"][0]["loses_puts"], true);
}

TEST(ExaminationJson, TellsOfEveryAttempt) {
  tunnel::Examination examination;
  const tcp::endpoint first(v4("203.0.113.7"), 7008), second(asio::ip::make_address("2001:db8::7"), 7008);
  examination.attempts.push_back({{first, Source::remembered, "", kNow - 3600s}, Errc::timed_out, 5000ms, 0ms});
  examination.attempts.push_back({{second, Source::dht_proxy, "http://proxy.example.org"}, {}, 80ms, 250ms});
  examination.winner = 1;
  examination.took = 330ms;
  const auto json = to_json(kKey, examination, kNow);
  EXPECT_EQ(json["reached"], true);
  EXPECT_EQ(json["winner"], 1);
  EXPECT_EQ(json["took_ms"], 330);
  const auto& lost = json["attempts"][0];
  EXPECT_EQ(lost["address"], "203.0.113.7:7008");
  EXPECT_EQ(lost["source"], "remembered");
  EXPECT_EQ(lost["known_for_seconds"], 3600);
  EXPECT_EQ(lost["error"]["code"], "timed_out");
  EXPECT_EQ(lost["won"], false);
  const auto& won = json["attempts"][1];
  EXPECT_EQ(won["address"], "[2001:db8::7]:7008");
  EXPECT_EQ(won["by"], "http://proxy.example.org");
  EXPECT_TRUE(won["known_since"].is_null());
  EXPECT_TRUE(won["error"].is_null());
  EXPECT_EQ(won["began_ms"], 250);
  EXPECT_EQ(won["won"], true);
}

TEST(ExaminationJson, NamesErrorsOfTheSystemFailed) {
  tunnel::Examination examination;
  examination.attempts.push_back(
      {{tcp::endpoint(v4("203.0.113.7"), 7008)}, std::make_error_code(std::errc::connection_refused), 1ms, 0ms});
  const auto json = to_json(kKey, examination, kNow);
  EXPECT_EQ(json["reached"], false);
  EXPECT_TRUE(json["winner"].is_null());
  EXPECT_EQ(json["attempts"][0]["error"]["code"], "failed");
  EXPECT_EQ(json["attempts"][0]["error"]["text"], "Connection refused");
}

TEST(ExaminationJson, TellsWhoWasAsked) {
  tunnel::Examination examination;
  find::SourceReport report;
  report.source = Source::dht;
  report.state = find::SourceReport::State::ended;
  report.candidates = 2;
  report.unusable = 98;
  report.error = Errc::timed_out;
  examination.sources.push_back(report);
  const auto source = to_json(kKey, examination, kNow)["sources"][0];
  EXPECT_EQ(source["source"], "dht");
  EXPECT_EQ(source["source_text"], "the DHT");
  EXPECT_EQ(source["state"], "ended");
  EXPECT_EQ(source["candidates"], 2);
  EXPECT_EQ(source["unusable"], 98);
  EXPECT_EQ(source["error"]["code"], "timed_out");
}

TEST(ServiceJson, SaysWhereItIs) {
  OwnService service{.id = "a", .title = "A", .name = {std::nullopt, kKey}};
  service.address = HostPort{"::1", 80};
  auto json = to_json(service, 7009);
  EXPECT_EQ(json["host"], "::1");
  EXPECT_EQ(json["port"], 80);
  EXPECT_TRUE(json["socket"].is_null());
  service.address = UnixPath{"/run/a.sock"};
  json = to_json(service, 7009);
  EXPECT_TRUE(json["host"].is_null());
  EXPECT_EQ(json["socket"], "/run/a.sock");
}

TEST(NameJson, LinksToTheServiceItselfPasswordAndAll) {
  const store::Pin pin{*Petname::parse("nas"), *ServiceName::parse("secret-" + kKey.hex())};
  const auto json = to_json(pin, 8009, nullptr, kNow);
  EXPECT_EQ(json["link"], "http://secret-" + kKey.hex() + ".localhost:8009/");
  for (const auto* field : {"reached", "reached_seconds_ago", "path", "missed", "missed_seconds_ago", "problem"})
    EXPECT_TRUE(json.at(field).is_null()) << field;
}

}  // namespace
}  // namespace hardline::api
