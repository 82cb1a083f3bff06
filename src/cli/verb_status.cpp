// status: how the running daemon stands with the network.
#include <fmt/format.h>

#include <algorithm>

#include "ask.hpp"
#include "hardline/api/words.hpp"
#include "hardline/base/words.hpp"
#include "report.hpp"
#include "verbs.hpp"
#include "words.hpp"

namespace hardline::cli {
namespace {

void add_interfaces(Table& table, const Json& interfaces) {
  std::string label = "Interfaces";
  for (const auto& interface : interfaces) {
    const auto name = text_of(interface.at("name"));
    if (name == "lo") continue;
    std::string addresses;
    for (const auto& address : interface.at("addresses")) {
      addresses += (addresses.empty() ? "" : ", ") + text_of(address.at("address"));
      if (address.at("temporary").get<bool>()) addresses += " (temporary)";
      if (address.at("deprecated").get<bool>()) addresses += " (deprecated)";
    }
    table.add({std::exchange(label, ""), name + "  " + addresses});
  }
  if (!label.empty()) table.add({label, "none: this computer is not on any network"});
}

std::string forwarding_advice(const Json& status) {
  return fmt::format(
      "Turn on UPnP or NAT-PMP in the router's settings, or forward TCP port {} to this computer there and start "
      "hardlined with --public-address ADDRESS:{}.",
      status.at("p2p_port").get<int>(), status.at("p2p_port").get<int>());
}

void add_gateway(Table& table, const Json& status) {
  const auto& gateway = status.at("gateway");
  const auto& mapping = gateway.at("mapping");
  const auto state = text_of(gateway.at("state"));
  const auto description = text_of(gateway.at("description"));
  const auto problem = text_of(gateway.at("problem"));
  const auto way = mapping.is_null() ? "" : text_of(mapping.at("protocol"));
  const auto port = mapping.is_null() ? std::uint16_t{} : mapping.at("external_port").get<std::uint16_t>();
  table.add({"Router", api::sentence_of({.enabled = gateway.at("enabled").get<bool>(),
                                         .any_published = !status.at("services").empty(),
                                         .state = state,
                                         .name = description,
                                         .port = port,
                                         .way = way,
                                         .problem = problem})});
  const auto& nat = status.at("reachability").at("nat");
  const bool needed = nat != "none" && nat != "mapped" && status.at("reachability").at("wan_hosts").empty();
  if (needed && gateway.at("enabled").get<bool>() && (state == "no_gateway" || state == "refused"))
    table.add({"", forwarding_advice(status)});
  if (!mapping.is_null()) {
    const auto outside = text_of(mapping.at("external_address"));
    const auto lease = mapping.at("permanent").get<bool>()
                           ? std::string("permanent")
                           : fmt::format("for {}, {} left", span_of(mapping.at("lease_seconds").get<std::int64_t>()),
                                         span_of(mapping.at("lease_left_seconds").get<std::int64_t>()));
    table.add({"Mapping", fmt::format("{}:{} to {}:{} via {}, {}", outside.empty() ? "(address unknown)" : outside,
                                      mapping.at("external_port").get<int>(), text_of(mapping.at("internal_address")),
                                      mapping.at("internal_port").get<int>(), text_of(mapping.at("protocol")), lease)});
  }
  if (const auto pinholes = joined(gateway.at("pinholes")); !pinholes.empty())
    table.add({"Pinholes", "open to " + pinholes});
}

void add_reachability(Table& table, const Json& status) {
  const auto& reachability = status.at("reachability");
  const auto address = text_of(reachability.at("public_address"));
  const auto told_by = text_of(reachability.at("told_by"));
  table.add({"Public address", address.empty()   ? "not known"
                               : told_by.empty() ? address
                                                 : fmt::format("{} (according to {})", address, told_by)});
  if (status.at("services").empty()) return;  // nobody wants to come in
  if (const auto explanation = text_of(reachability.at("explanation"), kMaxExplanation); !explanation.empty())
    table.add({"NAT", explanation});
  const auto hosts = joined(reachability.at("wan_hosts"));
  table.add(
      {"Told to others", hosts.empty() ? "nothing: no address is known at which this computer can be reached" : hosts});
}

Table network_of(const Json& status) {
  Table table;
  add_interfaces(table, status.at("interfaces"));
  table.add({"LAN discovery", status.at("lan").at("enabled").get<bool>() ? "on" : "switched off"});
  add_gateway(table, status);
  add_reachability(table, status);
  return table;
}

std::string describe_node(const Json& node, bool built_in) {
  if (node.is_null())
    return built_in ? "none" : "none, since this daemon was built without OpenDHT: only proxies are used";
  const auto state = text_of(node.at("state"));
  const auto problem = text_of(node.at("problem"));
  const auto good4 = node.at("good_nodes_ipv4").get<std::uint64_t>();
  const auto good6 = node.at("good_nodes_ipv6").get<std::uint64_t>();
  auto text = api::sentence_of_node(state, good4 + good6, problem);
  if (state == "connected") text += fmt::format(" ({} over IPv4, {} over IPv6)", good4, good6);
  if (!node.at("port").is_null()) text += fmt::format("; UDP port {}", node.at("port").get<int>());
  if (state == "disconnected" && problem.empty())
    text += "; if this goes on, UDP is blocked somewhere, or no bootstrap node answers";
  return text;
}

std::string describe_proxy(const Json& proxy) {
  const auto problem = text_of(proxy.at("problem"));
  const auto& answered = proxy.at("last_answer_seconds_ago");
  std::string text = answered.is_null() ? "has not answered yet" : "answered " + ago(answered.get<std::int64_t>());
  if (proxy.at("loses_puts").get<bool>()) text += "; not used, because it loses announcements";
  return problem.empty() ? text : text + "; " + problem;
}

Table dht_of(const Json& dht) {
  Table table;
  if (!dht.at("enabled").get<bool>()) {
    table.add({"switched off"});
    return table;
  }
  table.add({"Own node", describe_node(dht.at("node"), dht.at("node_built_in").get<bool>())});
  if (const auto seen = dht.at("node").is_null() ? "" : joined(dht.at("node").at("seen_as")); !seen.empty())
    table.add({"Seen as", seen});
  const auto bootstrap = joined(dht.at("bootstrap"));
  const auto network = dht.at("network").get<std::uint32_t>();
  table.add({"Bootstrap", (bootstrap.empty() ? "remembered nodes only" : bootstrap) +
                              (network == 0 ? "" : fmt::format(" (network {})", network))});
  std::string label = "Proxies";
  for (const auto& proxy : dht.at("proxies"))
    table.add({std::exchange(label, ""), text_of(proxy.at("url")) + ": " + describe_proxy(proxy)});
  if (!label.empty()) table.add({label, "none"});
  return table;
}

std::string describe_announcement(const Json& service, bool dht) {
  if (service.value("paused", false)) return "paused";
  if (!dht || !service.at("uses_dht").get<bool>()) return "kept out of the DHT";
  const auto& made = service.at("announcement");
  if (made.is_null()) return api::sentence_of_announcement("", "");
  const auto problem = text_of(made.at("problem"));
  if (made.at("last_put").is_null()) return api::sentence_of_announcement("", problem);
  const auto& confirmed = made.at("confirmed");
  const auto* found = confirmed.is_null() ? "not checked yet" : confirmed.get<bool>() ? "confirmed" : "not found again";
  const auto when = ago(made.at("last_put_seconds_ago").get<std::int64_t>());
  return fmt::format("{} via {}, {}{}", api::sentence_of_announcement(when, ""), text_of(made.at("by")), found,
                     problem.empty() ? "" : "; then: " + problem);
}

Table services_of(const Json& status) {
  Table table;
  for (const auto& service : status.at("services")) {
    const auto peers = count_of(service.at("peers").get<std::uint64_t>(), "peer");
    table.add({text_of(service.at("title")), brief(service.at("key_hash")),
               describe_announcement(service, status.at("dht").at("enabled").get<bool>()), peers});
  }
  if (table.empty()) {
    const auto folder = text_of(status.at("service_directory"));
    table.add({folder.empty() ? "none" : "none: there is no valid service file in " + folder});
  }
  return table;
}

Table peers_of(const Json& status) {
  Table table;
  std::size_t rows = 0;
  for (const auto& peer : status.at("peers")) {
    if (++rows > kMostRows) break;
    const auto& services = status.at("services");
    const auto of = std::find_if(services.begin(), services.end(),
                                 [&peer](const Json& service) { return service.at("key_hash") == peer.at("service"); });
    table.add({text_of(peer.at("address")), of == services.end() ? brief(peer.at("service")) : text_of(of->at("title")),
               amount_of(peer.at("octets").get<std::uint64_t>())});
  }
  if (rows > kMostRows)
    table.add({fmt::format("and {} more, which --json shows", status.at("peers").size() - kMostRows)});
  return table;
}

/// What the log said lately, the newest last.
Table problems_of(const Json& status) {
  Table table;
  for (const auto& problem : status.value("problems", Json::array()))
    table.add(
        {ago(problem.at("seconds_ago").get<std::int64_t>()),
         {text_of(problem.at("text"), kMaxExplanation), problem.at("level") == "error" ? Tone::bad : Tone::plain}});
  return table;
}

std::string report(const Json& status, const Terminal& terminal) {
  const auto& port = status.at("local_port");
  std::string text =
      fmt::format("hardlined {}, running for {}; p2p port {}, {}; {}\n", text_of(status.at("version")),
                  span_of(status.at("uptime_seconds").get<std::int64_t>()), status.at("p2p_port").get<int>(),
                  port.is_null() ? "no local proxy" : fmt::format("local proxy on port {}", port.get<int>()),
                  count_of(status.at("peers").size(), "peer connected", "peers connected"));
  for (const auto& lack : status.at("built_without")) text += fmt::format("Built without {}\n", text_of(lack));
  text += headed(terminal, "Network", network_of(status));
  text += headed(terminal, "DHT", dht_of(status.at("dht")));
  text += headed(terminal, "Services", services_of(status));
  text += headed(terminal, "Peers", peers_of(status));
  text += headed(terminal, "Problems", problems_of(status));
  return text;
}

}  // namespace

int run(const daemon::Settings& settings, const ShowStatus& verb) {
  const auto status = ask(settings, "/api/status");
  if (verb.json)
    print_json(status);
  else
    fmt::print("{}", report(status, standard_output()));
  return kDone;
}

}  // namespace hardline::cli
