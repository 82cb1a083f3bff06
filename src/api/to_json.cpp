#include "to_json.hpp"

#include <nlohmann/json.hpp>

#include "hardline/api/words.hpp"
#include "hardline/base/errc.hpp"
#include "hardline/base/words.hpp"
#include "hardline/net/dialable.hpp"

namespace hardline::api {
namespace {

using Json = nlohmann::ordered_json;
using SystemTime = std::chrono::system_clock::time_point;
using reach::PortMapperStatus;

// What an answer may not have is there as null, so that every answer has the same fields.

template <class T>
Json or_null(const std::optional<T>& value, auto convert) {
  return value ? Json(convert(*value)) : Json(nullptr);
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

template <class Address>
std::string address_text(const Address& address) {
  return address.to_string();
}

template <class Items>
Json list_of(const Items& items, auto convert) {
  auto list = Json::array();
  for (const auto& item : items) list.push_back(convert(item));
  return list;
}

std::int64_t seconds(auto duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

std::string_view name_of(reach::Nat nat) {
  switch (nat) {
    case reach::Nat::unknown: return "unknown";
    case reach::Nat::none: return "none";
    case reach::Nat::mapped: return "mapped";
    case reach::Nat::unmapped: return "unmapped";
    case reach::Nat::double_nat: return "double_nat";
    case reach::Nat::carrier_grade: return "carrier_grade";
  }
  return "unknown";
}

std::string_view name_of(find::SourceReport::State state) {
  switch (state) {
    case find::SourceReport::State::waiting: return "waiting";
    case find::SourceReport::State::asked: return "asked";
    case find::SourceReport::State::ended: return "ended";
  }
  return "unknown";
}

/// A word for programs; `failed` for every error that is not ours.
std::string_view code_of(std::error_code error) {
  if (error.category() != hardline_category()) return "failed";
  switch (static_cast<Errc>(error.value())) {
    case Errc::timed_out: return "timed_out";
    case Errc::peer_closed: return "peer_closed";
    case Errc::malformed: return "malformed";
    case Errc::too_large: return "too_large";
    case Errc::tls_failed: return "tls_failed";
    case Errc::certificate_mismatch: return "certificate_mismatch";
    case Errc::cancelled: return "cancelled";
    case Errc::truncated: return "truncated";
    case Errc::certificate_untrusted: return "certificate_untrusted";
    case Errc::unexpected_status: return "unexpected_status";
    case Errc::leads_to_ourselves: return "leads_to_ourselves";
  }
  return "failed";
}

Json error_or_null(std::error_code error) {
  if (!error) return nullptr;
  return {{"code", code_of(error)}, {"text", error.message()}};
}

Json interfaces_to_json(const std::vector<LocalAddress>& addresses) {
  auto interfaces = Json::array();
  for (const auto& local : addresses) {
    const auto same = [&local](const Json& interface) { return interface["name"] == local.interface; };
    auto found = std::find_if(interfaces.begin(), interfaces.end(), same);
    if (found == interfaces.end()) {
      interfaces.push_back({{"name", local.interface}, {"addresses", Json::array()}});
      found = std::prev(interfaces.end());
    }
    (*found)["addresses"].push_back(
        {{"address", local.address.to_string()}, {"temporary", local.temporary}, {"deprecated", local.deprecated}});
  }
  return interfaces;
}

Json mapping_to_json(const reach::PortMapping& mapping) {
  const auto age = std::chrono::steady_clock::now() - mapping.renewed;
  const auto since = seconds(age);
  const bool permanent = mapping.lease.count() == 0;
  return {
      {"protocol", mapping.protocol},
      {"internal_address", mapping.internal_address.to_string()},
      {"internal_port", mapping.internal_port},
      {"external_address", or_null(mapping.external_address, address_text<asio::ip::address_v4>)},
      {"external_port", mapping.external_port},
      {"permanent", permanent},
      {"lease_seconds", permanent ? Json(nullptr) : Json(mapping.lease.count())},
      {"lease_left_seconds",
       permanent ? Json(nullptr) : Json(std::max<std::int64_t>(0, mapping.lease.count() - since))},
      {"renewed_seconds_ago", since},
  };
}

Json gateway_to_json(const DaemonStatus& status) {
  const auto& gateway = status.gateway;
  return {
      {"enabled", status.port_mapping},
      {"state", api::name_of(status.port_mapping ? gateway.state : PortMapperStatus::State::off)},
      {"description", text_or_null(gateway.gateway)},
      {"external_address", or_null(gateway.external_address, address_text<asio::ip::address_v4>)},
      {"mapping", or_null(gateway.mapping, mapping_to_json)},
      {"pinholes", list_of(gateway.pinholes, address_text<asio::ip::address_v6>)},
      {"problem", text_or_null(gateway.problem)},
  };
}

Json reachability_to_json(const reach::Reachability& reachability) {
  return {
      {"public_address", or_null(reachability.public_v4, address_text<asio::ip::address_v4>)},
      {"told_by", text_or_null(reachability.told_by)},
      {"nat", name_of(reachability.nat)},
      {"explanation", text_or_null(std::string(reach::explain(reachability.nat)))},
      {"wan_hosts", list_of(reachability.wan_hosts, [](const HostPort& host) { return host.to_string(); })},
  };
}

Json node_to_json(const dht::DhtNodeStatus& node) {
  return {
      {"state", api::name_of(node.state)},
      {"port", node.port == 0 ? Json(nullptr) : Json(node.port)},
      {"good_nodes_ipv4", node.good_nodes4},
      {"good_nodes_ipv6", node.good_nodes6},
      {"known_nodes_ipv4", node.known_nodes4},
      {"known_nodes_ipv6", node.known_nodes6},
      {"seen_as", list_of(node.seen_as, address_text<asio::ip::address>)},
      {"problem", text_or_null(node.problem)},
  };
}

/// Seconds before `now`; a clock that was set back since makes it no future.
auto ago(SystemTime now) {
  return [now](SystemTime then) { return std::max<std::int64_t>(0, seconds(now - then)); };
}

Json proxy_to_json(const ProxyStatus& proxy, SystemTime now) {
  return {
      {"url", proxy.url},
      {"last_answer", or_null(proxy.status.last_answer, utc_time)},
      {"last_answer_seconds_ago", or_null(proxy.status.last_answer, ago(now))},
      {"public_address", or_null(proxy.status.public_address, address_text<asio::ip::address>)},
      {"loses_puts", proxy.status.loses_puts},
      {"problem", text_or_null(proxy.status.problem)},
  };
}

Json dht_to_json(const DaemonStatus& status) {
  return {
      {"enabled", status.dht},
      {"network", status.dht_network},
      {"bootstrap", list_of(status.dht_bootstrap, [](const HostPort& host) { return host.to_string(); })},
      {"node_built_in", status.dht_node_built_in},
      {"node", or_null(status.dht_node, node_to_json)},
      {"proxies", list_of(status.dht_proxies, [&](const auto& proxy) { return proxy_to_json(proxy, status.now); })},
  };
}

Json announcement_to_json(const reach::Announcement& announcement, SystemTime now) {
  return {
      {"last_put", or_null(announcement.last_put, utc_time)},
      {"last_put_seconds_ago", or_null(announcement.last_put, ago(now))},
      {"by", text_or_null(announcement.by)},
      {"confirmed", or_null(announcement.confirmed, [](bool confirmed) { return confirmed; })},
      {"problem", text_or_null(announcement.problem)},
  };
}

Json service_to_json(const ServiceStatus& service, const DaemonStatus& status) {
  const auto connected = std::count_if(status.peers.begin(), status.peers.end(),
                                       [&service](const auto& peer) { return peer.service == service.key; });
  return {
      {"title", service.title},
      {"key_hash", service.key.hex()},
      {"uses_dht", service.uses_dht},
      {"announcement",
       or_null(service.announcement, [&](const auto& made) { return announcement_to_json(made, status.now); })},
      {"peers", connected},
      {"paused", service.paused},
      {"connections", service.connections},
      {"octets", service.octets},
  };
}

Json problem_to_json(const log::Problem& problem, SystemTime now) {
  return {
      {"when", utc_time(problem.when)},
      {"seconds_ago", ago(now)(problem.when)},
      {"level", problem.is_error ? "error" : "warning"},
      {"text", problem.text},
  };
}

Json peer_to_json(const tunnel::P2pListener::Peer& peer) {
  return {{"address", peer.from.to_string()}, {"service", peer.service.hex()}, {"octets", peer.octets}};
}

Json attempt_to_json(const tunnel::Attempt& attempt, bool won, SystemTime now) {
  const auto& candidate = attempt.candidate;
  return {
      {"address", to_host_port(candidate.endpoint).to_string()},
      {"source", find::source_word(candidate.source)},
      {"source_text", find::describe(candidate.source)},
      {"by", text_or_null(candidate.by)},
      {"known_since", or_null(candidate.known_since, utc_time)},
      {"known_for_seconds", or_null(candidate.known_since, ago(now))},
      {"began_ms", attempt.began.count()},
      {"took_ms", attempt.took.count()},
      {"won", won},
      {"error", error_or_null(attempt.error)},
  };
}

Json source_to_json(const find::SourceReport& report) {
  return {
      {"source", find::source_word(report.source)},
      {"source_text", find::describe(report.source)},
      {"by", text_or_null(report.by)},
      {"state", name_of(report.state)},
      {"candidates", report.candidates},
      {"unusable", report.unusable},
      {"error", error_or_null(report.error)},
  };
}

}  // namespace

Json to_json(const DaemonStatus& status) {
  return {
      {"version", status.version},
      {"built_without", list_of(status.built_without, [](const std::string& lack) { return lack; })},
      {"started", utc_time(status.started)},
      {"uptime_seconds", status.uptime.count()},
      {"p2p_port", status.p2p_port},
      {"local_port", status.local_port == 0 ? Json(nullptr) : Json(status.local_port)},
      {"service_directory", text_or_null(status.service_directory.string())},
      {"state_directory", status.state_directory.string()},
      {"configuration_file", text_or_null(status.configuration_file.string())},
      {"lan", {{"enabled", status.lan}}},
      {"interfaces", interfaces_to_json(status.addresses)},
      {"gateway", gateway_to_json(status)},
      {"reachability", reachability_to_json(status.reachability)},
      {"dht", dht_to_json(status)},
      {"services", list_of(status.services, [&](const auto& service) { return service_to_json(service, status); })},
      {"peers", list_of(status.peers, peer_to_json)},
      {"browsers", status.browsers},
      {"problems", list_of(status.problems, [&](const auto& problem) { return problem_to_json(problem, status.now); })},
  };
}

Json to_json(const KeyHash& key, const tunnel::Examination& examination, SystemTime now) {
  auto attempts = Json::array();
  for (std::size_t i = 0; i < examination.attempts.size(); ++i)
    attempts.push_back(attempt_to_json(examination.attempts[i], examination.winner == i, now));
  return {
      {"key_hash", key.hex()},
      {"reached", examination.winner.has_value()},
      {"took_ms", examination.took.count()},
      {"winner", or_null(examination.winner, [](std::size_t index) { return index; })},
      {"attempts", std::move(attempts)},
      {"sources", list_of(examination.sources, source_to_json)},
  };
}

Json to_json(const lan::Neighbour& neighbour, std::uint16_t local_port, const Petname* pinned_as, bool published_here) {
  const ServiceName name{neighbour.password, neighbour.key};
  return {
      {"key_hash", neighbour.key.hex()},
      {"title", neighbour.title},
      {"machines", list_of(neighbour.machines, [](const auto& machine) { return to_host_port(machine).to_string(); })},
      {"heard_ms_ago", neighbour.heard_ago.count()},
      {"link", name.url(local_port)},
      {"pinned_as", pinned_as ? Json(pinned_as->text()) : Json(nullptr)},
      {"published_here", published_here},
  };
}

Json to_json(const store::Pin& pin, std::uint16_t local_port, const store::Visit* visit, SystemTime now) {
  static const store::Visit kNone;
  const auto& last = visit ? *visit : kNone;
  return {
      {"name", pin.name.text()},
      {"link", pin.service.url(local_port)},
      {"key_hash", pin.service.key.hex()},
      {"reached", or_null(last.reached, utc_time)},
      {"reached_seconds_ago", or_null(last.reached, ago(now))},
      {"path", text_or_null(last.path)},
      {"missed", or_null(last.missed, utc_time)},
      {"missed_seconds_ago", or_null(last.missed, ago(now))},
      {"problem", text_or_null(last.problem)},
  };
}

Json to_json(const OwnService& service, std::uint16_t local_port) {
  const auto* server = service.address ? std::get_if<HostPort>(&*service.address) : nullptr;
  const auto* socket = service.address ? std::get_if<UnixPath>(&*service.address) : nullptr;
  return {
      {"id", text_or_null(service.id)},
      {"title", service.title},
      {"key_hash", service.name.key.hex()},
      {"link", service.name.url(local_port)},
      {"origin", service.origin},
      {"host", server ? Json(server->host) : Json(nullptr)},
      {"port", server ? Json(server->port) : Json(nullptr)},
      {"socket", socket ? Json(socket->path) : Json(nullptr)},
      {"paused", service.paused},
      {"editable", service.editable},
      {"listed", service.listed},
      {"uses_dht", service.uses_dht},
      {"origin_up", or_null(service.origin_up, [](bool up) { return up; })},
      {"origin_problem", text_or_null(service.origin_problem)},
      {"connections", service.connections},
      {"octets", service.octets},
      {"open", service.open},
  };
}

Json to_json(const WebServer& server) {
  return {
      {"address", server.address.to_string()}, {"host", server.address.host},           {"port", server.address.port},
      {"title", text_or_null(server.title)},   {"server", text_or_null(server.server)},
  };
}

}  // namespace hardline::api
