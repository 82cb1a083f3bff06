#include "report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "hardline/wire/text.hpp"

namespace hardline::app {
namespace {

using Json = nlohmann::ordered_json;

/// Rows of one table that are printed, besides the one that tells how it was reached; more are a flood, which nobody
/// wants to read. --json has them all.
constexpr std::size_t kMostRows = 40;

/// Longest text of one cell, in octets, and of one that holds sentences of ours.
constexpr std::size_t kMaxText = 200;
constexpr std::size_t kMaxExplanation = 1000;

/// Titles and errors come from files and strangers, and a terminal obeys control characters.
std::string text_of(const Json& value, std::size_t most = kMaxText) {
  return value.is_null() ? std::string() : wire::clean_text(value.get<std::string>(), most);
}

std::string joined(const Json& texts) {
  std::string all;
  for (const auto& text : texts) all += (all.empty() ? "" : ", ") + text_of(text);
  return all;
}

std::string plural(std::int64_t count, std::string_view one, std::string_view more) {
  return fmt::format("{} {}", count, count == 1 ? one : more);
}

/// "42 s", "12 min", "3 h", "5 days"
std::string span(std::int64_t seconds) {
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 2 * 3600) return fmt::format("{} min", seconds / 60);
  if (seconds < 48 * 3600) return fmt::format("{} h", seconds / 3600);
  return fmt::format("{} days", seconds / (24 * 3600));
}

std::string milliseconds(std::int64_t count) {
  return count < 10'000 ? fmt::format("{} ms", count) : fmt::format("{} s", count / 1000);
}

std::string octets(std::uint64_t count) {
  if (count < 1024) return fmt::format("{} octets", count);
  if (count < 1024 * 1024) return fmt::format("{} KiB", count / 1024);
  return fmt::format("{:.1f} MiB", static_cast<double>(count) / (1024 * 1024));
}

std::string brief(const Json& key_hash) {
  return key_hash.get<std::string>().substr(0, 8) + "…";
}

/// Columns as wide as a terminal shows them: one for each character of UTF-8.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// Lines of aligned columns, indented by two.
class Table {
 public:
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }

  std::string text() const {
    std::vector<std::size_t> widths;
    for (const auto& row : rows_)
      for (std::size_t i = 0; i < row.size(); ++i) {
        widths.resize(std::max(widths.size(), i + 1));
        widths[i] = std::max(widths[i], width(row[i]));
      }
    std::string text;
    for (const auto& row : rows_) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) {
        line += "  " + row[i];
        if (i + 1 < row.size()) line.append(widths[i] - width(row[i]), ' ');
      }
      text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return text;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
};

std::string headed(std::string_view heading, const Table& table) {
  return table.empty() ? "" : fmt::format("\n{}\n{}", heading, table.text());
}

// ---- status

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
  if (!label.empty()) table.add({label, "none: this computer is on no network"});
}

std::string forwarding_advice(const Json& status) {
  return fmt::format(
      "Switch UPnP or NAT-PMP on in the router's settings; or forward TCP port {} to this computer there, and start "
      "hardlined with --public-address ADDRESS:{}.",
      status.at("p2p_port").get<int>(), status.at("p2p_port").get<int>());
}

void add_gateway(Table& table, const Json& status) {
  const auto& gateway = status.at("gateway");
  const auto state = text_of(gateway.at("state"));
  const auto description = text_of(gateway.at("description"));
  const auto problem = text_of(gateway.at("problem"));
  const auto because = problem.empty() ? "" : ": " + problem;
  const auto& nat = status.at("reachability").at("nat");
  const bool needed = nat != "none" && nat != "mapped" && status.at("reachability").at("wan_hosts").empty();
  if (!gateway.at("enabled").get<bool>()) {
    table.add({"Router", "is not asked: port mapping is switched off"});
  } else if (state == "off") {
    const bool wanted = !status.at("services").empty();
    table.add({"Router", (wanted ? "was not asked yet" : "is not asked: nothing is published") + because});
  } else if (state == "searching") {
    table.add({"Router", "is being looked for" + because});
  } else if (state == "no_gateway") {
    table.add({"Router", "no router answered to UPnP or NAT-PMP" + because});
    if (needed) table.add({"", forwarding_advice(status)});
  } else if (state == "refused") {
    table.add({"Router", description + " lets nothing in" + because});
    if (needed) table.add({"", forwarding_advice(status)});
  } else {
    table.add({"Router", description + because});
  }
  if (const auto& mapping = gateway.at("mapping"); !mapping.is_null()) {
    const auto outside = text_of(mapping.at("external_address"));
    const auto lease = mapping.at("permanent").get<bool>()
                           ? std::string("permanent")
                           : fmt::format("for {}, {} left", span(mapping.at("lease_seconds").get<std::int64_t>()),
                                         span(mapping.at("lease_left_seconds").get<std::int64_t>()));
    table.add({"Mapping", fmt::format("{}:{} to {}:{} by {}, {}", outside.empty() ? "(address unknown)" : outside,
                                      mapping.at("external_port").get<int>(), text_of(mapping.at("internal_address")),
                                      mapping.at("internal_port").get<int>(), text_of(mapping.at("protocol")), lease)});
  }
  if (const auto pinholes = joined(gateway.at("pinholes")); !pinholes.empty())
    table.add({"Pinholes", "let in at " + pinholes});
}

void add_reachability(Table& table, const Json& status) {
  const auto& reachability = status.at("reachability");
  const auto address = text_of(reachability.at("public_address"));
  const auto told_by = text_of(reachability.at("told_by"));
  table.add({"Public address", address.empty()   ? "not known"
                               : told_by.empty() ? address
                                                 : fmt::format("{}, says {}", address, told_by)});
  if (status.at("services").empty()) return;  // nobody wants to come in
  if (const auto explanation = text_of(reachability.at("explanation"), kMaxExplanation); !explanation.empty())
    table.add({"NAT", explanation});
  const auto hosts = joined(reachability.at("wan_hosts"));
  table.add({"Told to others", hosts.empty() ? "nothing: no address is known at which others could come in" : hosts});
}

Table network_of(const Json& status) {
  Table table;
  add_interfaces(table, status.at("interfaces"));
  table.add({"LAN discovery", status.at("lan").at("enabled").get<bool>() ? "on" : "switched off"});
  add_gateway(table, status);
  add_reachability(table, status);
  return table;
}

std::string describe_node(const Json& node) {
  if (node.is_null()) return "none";
  const auto state = text_of(node.at("state"));
  const auto problem = text_of(node.at("problem"));
  if (!problem.empty()) return "cannot run: " + problem;
  if (state == "idle") return "not started: there is nothing to publish or to look up yet";
  const auto nodes =
      fmt::format("{} good nodes by IPv4, {} by IPv6; UDP port {}", node.at("good_nodes_ipv4").get<int>(),
                  node.at("good_nodes_ipv6").get<int>(), node.at("port").is_null() ? 0 : node.at("port").get<int>());
  if (state == "connected") return "connected: " + nodes;
  return fmt::format("{} ({}); if this lasts, UDP is blocked on the way or no bootstrap node answers", state, nodes);
}

std::string describe_proxy(const Json& proxy) {
  const auto problem = text_of(proxy.at("problem"));
  const auto& answered = proxy.at("last_answer_seconds_ago");
  std::string text =
      answered.is_null() ? "has not answered yet" : fmt::format("answered {} ago", span(answered.get<std::int64_t>()));
  if (proxy.at("loses_puts").get<bool>()) text += "; passed over, because it loses what is put";
  return problem.empty() ? text : text + "; " + problem;
}

Table dht_of(const Json& dht) {
  Table table;
  if (!dht.at("enabled").get<bool>()) {
    table.add({"switched off"});
    return table;
  }
  table.add({"Own node", describe_node(dht.at("node"))});
  if (const auto seen = dht.at("node").is_null() ? "" : joined(dht.at("node").at("seen_as")); !seen.empty())
    table.add({"Seen as", seen});
  const auto bootstrap = joined(dht.at("bootstrap"));
  const auto network = dht.at("network").get<std::uint32_t>();
  table.add({"Bootstrap", (bootstrap.empty() ? "by remembered nodes only" : bootstrap) +
                              (network == 0 ? "" : fmt::format(" (network {})", network))});
  std::string label = "Proxies";
  for (const auto& proxy : dht.at("proxies"))
    table.add({std::exchange(label, ""), text_of(proxy.at("url")) + ": " + describe_proxy(proxy)});
  if (!label.empty()) table.add({label, "none"});
  return table;
}

std::string describe_announcement(const Json& service, bool dht) {
  if (!dht || !service.at("uses_dht").get<bool>()) return "kept out of the DHT";
  const auto& made = service.at("announcement");
  if (made.is_null()) return "not put yet";
  const auto problem = text_of(made.at("problem"));
  if (made.at("last_put").is_null()) return problem.empty() ? "not put yet" : "not put yet: " + problem;
  const auto& confirmed = made.at("confirmed");
  const auto* found = confirmed.is_null() ? "not checked yet" : confirmed.get<bool>() ? "confirmed" : "not found again";
  return fmt::format("put {} ago by way of {}, {}{}", span(made.at("last_put_seconds_ago").get<std::int64_t>()),
                     text_of(made.at("by")), found, problem.empty() ? "" : "; then: " + problem);
}

Table services_of(const Json& status) {
  Table table;
  for (const auto& service : status.at("services")) {
    const auto peers = plural(service.at("peers").get<std::int64_t>(), "peer", "peers");
    table.add({text_of(service.at("title")), brief(service.at("key_hash")),
               describe_announcement(service, status.at("dht").at("enabled").get<bool>()), peers});
  }
  if (table.empty()) {
    const auto folder = text_of(status.at("service_directory"));
    table.add({folder.empty() ? "none" : "none: there is no right service file in " + folder});
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
               octets(peer.at("octets").get<std::uint64_t>())});
  }
  if (rows > kMostRows)
    table.add({fmt::format("and {} more, which --json shows", status.at("peers").size() - kMostRows)});
  return table;
}

// ---- why

std::string describe_source(const Json& source) {
  const auto by = text_of(source.at("by"));
  return by.empty() ? text_of(source.at("source_text")) : fmt::format("{}, {}", text_of(source.at("source_text")), by);
}

std::string describe_answer(const Json& source) {
  const auto state = text_of(source.at("state"));
  const auto candidates = source.at("candidates").get<std::int64_t>();
  const auto unusable = source.at("unusable").get<std::int64_t>();
  std::string text;
  if (candidates > 0) text = plural(candidates, "address", "addresses");
  if (unusable > 0)
    text += (text.empty() ? "" : ", and ") + plural(unusable, "address", "addresses") + " that cannot be used";
  if (const auto& error = source.at("error"); !error.is_null())
    return text.empty() ? text_of(error.at("text")) : text + "; then " + text_of(error.at("text"));
  if (!text.empty()) return text;
  if (state == "waiting") return "was not asked: it was not needed";
  return state == "asked" ? "no answer yet" : "knows nothing of it";
}

std::string describe_end(const Json& attempt) {
  if (attempt.at("won").get<bool>()) return "reached";
  const auto& error = attempt.at("error");
  if (error.is_null()) return "reached too, but another was faster";
  const auto& code = error.at("code");
  if (code == "cancelled") return "given up: another was faster";
  if (code == "timed_out") return "no answer";
  if (code == "certificate_mismatch") return "somebody else is there (another certificate)";
  return text_of(error.at("text"));
}

std::string describe_age(const Json& attempt) {
  const auto& age = attempt.at("known_for_seconds");
  return age.is_null() ? "just now" : fmt::format("known for {}", span(age.get<std::int64_t>()));
}

bool any_ended_with(const Json& attempts, std::string_view code) {
  return std::any_of(attempts.begin(), attempts.end(), [code](const Json& attempt) {
    return !attempt.at("error").is_null() && attempt.at("error").at("code") == code;
  });
}

std::string advice_on(const Json& examination) {
  const auto& attempts = examination.at("attempts");
  if (attempts.empty())
    return "Nobody says where it is. Check that the computer with the service is on, that hardlined runs there, and "
           "what\n"
           "`hardlined status` says there; and check the name for a mistyped character.\n";
  if (any_ended_with(attempts, "certificate_mismatch"))
    return "Somebody answered in its place and could not prove to be it. If its computer was reinstalled, it has a "
           "new\n"
           "name: ask its owner.\n";
  return "It is known where it may be, but no connection could be made. Check that the computer is on, what "
         "`hardlined\n"
         "status` says there, and a firewall on either side.\n";
}

}  // namespace

std::string report_status(const Json& status) {
  const auto& port = status.at("local_port");
  std::string text =
      fmt::format("hardlined {}, running for {}; p2p port {}, {}; {}\n", text_of(status.at("version")),
                  span(status.at("uptime_seconds").get<std::int64_t>()), status.at("p2p_port").get<int>(),
                  port.is_null() ? "no local proxy" : fmt::format("local proxy at port {}", port.get<int>()),
                  plural(static_cast<std::int64_t>(status.at("peers").size()), "peer connected", "peers connected"));
  text += headed("Network", network_of(status));
  text += headed("DHT", dht_of(status.at("dht")));
  text += headed("Services", services_of(status));
  text += headed("Peers", peers_of(status));
  return text;
}

std::string report_examination(const Json& examination) {
  const auto& attempts = examination.at("attempts");
  const bool reached = examination.at("reached").get<bool>();
  std::string text = fmt::format("Service {} was {}reached, in {}.\n", brief(examination.at("key_hash")),
                                 reached ? "" : "not ", milliseconds(examination.at("took_ms").get<std::int64_t>()));
  Table sources;
  for (const auto& source : examination.at("sources")) sources.add({describe_source(source), describe_answer(source)});
  text += headed("Who was asked", sources);
  Table tried;
  std::size_t left_out = 0;
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    const auto& attempt = attempts[i];
    if (i >= kMostRows && !attempt.at("won").get<bool>()) {
      ++left_out;
      continue;
    }
    tried.add({text_of(attempt.at("address")), describe_source(attempt), describe_age(attempt),
               "at " + milliseconds(attempt.at("began_ms").get<std::int64_t>()),
               "took " + milliseconds(attempt.at("took_ms").get<std::int64_t>()), describe_end(attempt)});
  }
  if (left_out > 0) tried.add({fmt::format("and {} more, which --json shows", left_out)});
  text += headed("What was tried", tried);
  if (!reached) text += "\n" + advice_on(examination);
  return text;
}

}  // namespace hardline::app
