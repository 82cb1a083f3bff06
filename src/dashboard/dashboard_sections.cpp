#include "hardline/dashboard/dashboard_sections.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dashboard_html.hpp"
#include "dashboard_texts.hpp"
#include "hardline/api/words.hpp"
#include "hardline/base/html.hpp"
#include "hardline/base/percent.hpp"
#include "hardline/base/text.hpp"
#include "hardline/base/words.hpp"
#include "hardline/dashboard/qr_code.hpp"

namespace hardline::dashboard {
namespace {

using namespace std::chrono_literals;

// ---- Text ----

std::string title_or_stand_in(std::string_view title) {
  auto line = clean_text(title, title.size());
  return line.empty() ? std::string(texts::kUntitled) : line;
}

std::string connections(const api::OwnService& service) {
  auto text = count_of(service.connections, "connection");
  if (service.open > 0) text += fmt::format(texts::kOpenNow, service.open);
  return text;
}

std::string petname_url(const Petname& name, std::uint16_t port) {
  return fmt::format("http://{}.localhost:{}/", name.text(), port);
}

const KeyHash& key_of(const lan::Neighbour& service) {
  return service.key;
}
const KeyHash& key_of(const PinnedService& service) {
  return service.pin.service.key;
}
const KeyHash& key_of(const api::OwnService& service) {
  return service.name.key;
}
const KeyHash& key_of(const api::ServiceStatus& service) {
  return service.key;
}

/// Null where it is not among them.
template <class Service>
const Service* service_with(const KeyHash& key, const std::vector<Service>& services) {
  const auto found =
      std::find_if(services.begin(), services.end(), [&key](const Service& service) { return key_of(service) == key; });
  return found == services.end() ? nullptr : &*found;
}

// ---- Pieces of a card ----

/// The first letter of a title on a colour of the service's own: quicker to find again than a word.
std::string tile(std::string_view title, const KeyHash& key) {
  std::size_t length = 1;
  while (length < title.size() && (static_cast<unsigned char>(title[length]) & 0xc0) == 0x80) ++length;
  std::string letter(title.substr(0, length));
  if (letter.size() == 1 && letter[0] >= 'a' && letter[0] <= 'z') letter[0] = static_cast<char>(letter[0] - 'a' + 'A');
  return fmt::format("<span class=\"tile t{}\" aria-hidden=\"true\">{}</span>", key.bytes()[0] % 8,
                     escape_html(letter));
}

/// `lines` is HTML.
std::string who(std::string_view title, const KeyHash& key, std::string_view lines) {
  return fmt::format("<div class=\"who\">{}<div><h3 title=\"{}\">{}</h3>{}</div></div>", tile(title, key), safe(title),
                     isolated(title), lines);
}

std::string open_link(std::string_view url, std::string_view name) {
  return fmt::format("<a class=\"btn main\"{}>{}{}</a>", attribute("href", url), texts::kOpen, hidden(name));
}

std::string button(std::string_view action, std::string_view text, std::string_view name, std::string_view look = "") {
  return fmt::format("<button type=\"button\" class=\"btn js {}\" data-act=\"{}\">{}{}</button>", look, action, text,
                     hidden(name));
}

std::string qr_code(std::string_view link, std::string_view name) {
  if (!has_qr_codes()) return {};
  return fmt::format(
      "<details class=\"qr\"><summary class=\"btn\">{}{}</summary>"
      "<img src=\"/qr.svg?text={}\" alt=\"{}\" width=\"240\" height=\"240\" loading=\"lazy\"></details>",
      texts::kQrCode, hidden(name), percent_encode(link), fmt::format(texts::kQrAlt, safe(name)));
}

std::string cards(const std::string& items) {
  // Without its bullets a list is none for some screen readers, unless it says so.
  return "<ul class=\"cards\" role=\"list\">" + items + "</ul>";
}

std::string empty(std::string_view text, std::string_view advice) {
  return fmt::format("<p class=\"empty\"><strong>{}</strong> {}</p>", text, advice);
}

// ---- On this network ----

bool is_this_computer(const DashboardModel& model, const asio::ip::address& address) {
  const auto& own = model.status.addresses;
  return address.is_loopback() || std::any_of(own.begin(), own.end(), [&address](const LocalAddress& local) {
           return local.address == address;
         });
}

std::string machines(const DashboardModel& model, const lan::Neighbour& service) {
  if (service.machines.empty()) return {};
  const auto address = service.machines.front().address();
  auto text = is_this_computer(model, address) ? std::string(texts::kOnThisComputer)
                                               : fmt::format(texts::kAtMachine, escape_html(address.to_string()));
  if (service.machines.size() > 1) text += fmt::format(texts::kAndMoreMachines, service.machines.size() - 1);
  return text;
}

std::string neighbour_html(const DashboardModel& model, const lan::Neighbour& service) {
  const auto title = title_or_stand_in(service.title);
  const auto* pinned = service_with(service.key, model.pins);
  const auto* own = service_with(service.key, model.services);
  auto name = ServiceName{service.password, service.key};
  if (own) name = own->name;
  if (pinned) name = pinned->pin.service;
  const auto link = name.url(model.status.local_port);

  auto lines = meta(machines(model, service) + " · " + fmt::format(texts::kIdentity, service.key.brief()));
  auto html = fmt::format("<li class=\"card\"{}{}{}>", attribute("data-key", "lan:" + service.key.hex()),
                          attribute("data-name", title), attribute("data-link", link));
  html += who(title, service.key, lines);
  auto heard = fmt::format(texts::kHeard, heard_ago(service.heard_ago));
  if (pinned) heard += " · " + fmt::format(texts::kPinnedAs, escape_html(pinned->pin.name.text()));
  if (own) heard += fmt::format(" · {}", texts::kPublishedByYou);
  html += state(service.heard_ago < 8s ? "ok" : "warn", heard);
  html += "<div class=\"acts\">";
  html += open_link(pinned ? petname_url(pinned->pin.name, model.status.local_port) : link, title);
  if (!pinned && !model.read_only) html += button("pin", texts::kPin, title);
  html += button("copy", texts::kCopyLink, title) + qr_code(link, title);
  return html + "</div></li>";
}

std::string lan_html(const DashboardModel& model) {
  if (model.neighbours.empty())
    return model.status.lan ? empty(texts::kLanEmpty, texts::kLanEmptyAdvice) : empty(texts::kLanOff, "");
  std::string items;
  for (const auto& service : model.neighbours) items += neighbour_html(model, service);
  return cards(items);
}

// ---- Yours ----

/// How it was reached, as the log of visits calls it, in words.
std::string_view way(std::string_view path) {
  for (const auto& [name, text] : texts::kWays)
    if (name == path) return text;
  return "";
}

std::string visit_html(const DashboardModel& model, const PinnedService& pinned) {
  std::string html;
  const auto& visit = pinned.visit;
  const auto now = model.status.now;
  if (service_with(pinned.pin.service.key, model.neighbours)) html += state("ok", texts::kHereNow);
  if (visit && visit->missed) {
    const auto when = time_element(*visit->missed, now);
    html += state("bad", visit->problem.empty() ? fmt::format(texts::kMissedSilently, when)
                                                : fmt::format(texts::kMissed, when, isolated(visit->problem)));
  }
  if (visit && visit->reached)
    html += state(visit->missed ? "" : "ok",
                  fmt::format(texts::kReached, time_element(*visit->reached, now), way(visit->path)));
  return html.empty() ? state("", texts::kNeverOpened) : html;
}

std::string pin_html(const DashboardModel& model, const PinnedService& pinned) {
  const auto& [name, service] = pinned.pin;
  const auto* near = service_with(service.key, model.neighbours);
  const auto* own = service_with(service.key, model.services);
  auto lines = meta(escape_html(fmt::format("{}.localhost:{}", name.text(), model.status.local_port)));
  if (own)
    lines += meta(isolated(title_or_stand_in(own->title)));
  else if (near)
    lines += meta(isolated(title_or_stand_in(near->title)));
  const auto link = service.url(model.status.local_port);

  auto html = fmt::format("<li class=\"card\"{}{}{}>", attribute("data-key", "pin:" + name.text()),
                          attribute("data-name", name.text()), attribute("data-link", link));
  html += who(name.text(), service.key, lines);
  html += "<div class=\"lines\">" + visit_html(model, pinned) + "</div>";
  html += "<div class=\"acts\">" + open_link(petname_url(name, model.status.local_port), name.text());
  html += button("why", texts::kWhy, name.text());
  html += button("copy", texts::kCopyLink, name.text());
  if (!model.read_only)
    html += button("rename", texts::kRename, name.text()) + button("unpin", texts::kUnpin, name.text());
  return html + "</div></li>";
}

std::string yours_html(const DashboardModel& model) {
  if (model.pins.empty()) return empty(texts::kYoursEmpty, texts::kYoursEmptyAdvice);
  std::string items;
  for (const auto& pinned : model.pins) items += pin_html(model, pinned);
  return cards(items);
}

// ---- Published here ----

std::string origin_state(const api::OwnService& service) {
  if (service.paused) return state("warn", texts::kPaused);
  if (!service.origin_up) return state("", texts::kNotChecked);
  if (*service.origin_up) return state("ok", texts::kUp);
  if (service.origin_problem.empty()) return state("bad", texts::kDown);
  return state("bad", fmt::format(texts::kDownBecause, isolated(service.origin_problem)));
}

std::string announcement(const DashboardModel& model, const api::OwnService& service) {
  if (service.paused) return {};
  if (!service.uses_dht) return meta(texts::kLanOnly);
  const auto* found = service_with(service.name.key, model.status.services);
  if (!model.status.dht || !found) return {};
  const auto& made = found->announcement;
  const bool is_wrong = made && !made->problem.empty();
  const auto when = made && made->last_put ? time_element(*made->last_put, model.status.now) : "";
  return meta(api::sentence_of_announcement(when, is_wrong ? isolated(made->problem) : ""));
}

/// What the dialog that edits it begins with.
std::string editable_fields(const api::OwnService& service) {
  auto fields = attribute("data-id", service.id) + attribute("data-title", service.title);
  if (const auto* where = service.address ? std::get_if<HostPort>(&*service.address) : nullptr)
    fields += attribute("data-host", where->host) + attribute("data-port", std::to_string(where->port));
  return fields;
}

std::string own_service_html(const DashboardModel& model, const api::OwnService& service) {
  const auto title = title_or_stand_in(service.title);
  const auto link = service.name.url(model.status.local_port);
  auto html = fmt::format("<li class=\"card\"{}{}{}{}>", attribute("data-key", "own:" + service.name.key.hex()),
                          attribute("data-name", title), attribute("data-link", link), editable_fields(service));
  html += who(title, service.name.key, meta(fmt::format(texts::kFrom, isolated(service.origin))));
  html += origin_state(service);
  html += fmt::format("<code class=\"link\">{}</code>", escape_html(link));
  html += "<div class=\"lines\">" + meta(connections(service) + " · " + amount_of(service.octets));
  html += announcement(model, service);
  if (!service.listed) html += meta(texts::kUnlisted);
  if (!service.editable) html += meta(texts::kFixed);
  html += "</div><div class=\"acts\">";
  if (!service.paused) html += open_link(link, title);
  html += button("copy", texts::kCopyLink, title) + qr_code(link, title);
  if (service.editable && !model.read_only) {
    html += button("edit", texts::kEdit, title);
    html += service.paused ? button("resume", texts::kResume, title) : button("pause", texts::kPause, title);
    html += button("remove", texts::kRemove, title, "grave");
  }
  return html + "</div></li>";
}

std::string published_html(const DashboardModel& model) {
  if (model.services.empty()) return empty(texts::kPublishedEmpty, texts::kPublishedEmptyAdvice);
  std::string items;
  for (const auto& service : model.services) items += own_service_html(model, service);
  return cards(items);
}

// ---- This computer ----

bool node_is_connected(const api::DaemonStatus& status) {
  return status.dht_node && status.dht_node->state == dht::DhtNodeStatus::State::connected;
}

/// The best of those that answered when they were last asked; null where none did.
const api::ProxyStatus* working_proxy(const api::DaemonStatus& status) {
  const auto& proxies = status.dht_proxies;
  const auto found = std::find_if(proxies.begin(), proxies.end(), [](const api::ProxyStatus& proxy) {
    return proxy.status.last_answer && proxy.status.problem.empty();
  });
  return found == proxies.end() ? nullptr : &*found;
}

/// Whether others on the internet get in here, as far as is known.
struct Reach {
  std::string_view tone;
  std::string heading;
  std::vector<std::string> lines = {};  ///< HTML
};

std::string list_of(const std::vector<HostPort>& hosts, std::size_t from) {
  std::string list;
  for (; from < hosts.size(); ++from) list += (list.empty() ? "" : ", ") + hosts[from].to_string();
  return list;
}

Reach reach(const DashboardModel& model) {
  using reach::Nat;
  const auto& status = model.status;
  const auto& [hosts, public_v4, told_by, nat] = status.reachability;
  const bool any_published = std::any_of(model.services.begin(), model.services.end(),
                                         [](const api::OwnService& service) { return !service.paused; });
  if (!any_published) return {"", std::string(texts::kReachNothing)};

  const bool by_four = nat == Nat::none || nat == Nat::mapped || (nat == Nat::unknown && public_v4);
  const auto is_six = [](const HostPort& host) { return host.host.find(':') != std::string::npos; };
  const auto six = std::find_if(hosts.begin(), hosts.end(), is_six);
  Reach result;
  if (by_four && !hosts.empty()) {
    result = {"ok", fmt::format(texts::kReachable, hosts.front().to_string())};
    if (hosts.size() > 1) result.lines.push_back(safe(fmt::format(texts::kAlsoAt, list_of(hosts, 1))));
  } else if (six != hosts.end()) {
    result = {"warn", fmt::format(texts::kReachableBySix, six->to_string())};
  } else if (nat == Nat::unknown && !status.port_mapping && !status.dht) {
    return {"", std::string(texts::kReachOff), {std::string(texts::kReachOffText)}};
  } else if (nat == Nat::unknown) {
    return {"", std::string(texts::kReachUnknown), {std::string(texts::kReachUnknownText)}};
  } else {
    result = {"bad", std::string(texts::kUnreachable)};
    if (status.lan) result.lines.emplace_back(texts::kOnTheLanItIs);
  }
  if (const auto why = reach::explain(nat); !why.empty()) result.lines.push_back(safe(why));
  if (result.tone != "bad" && !node_is_connected(status) && !working_proxy(status)) {
    result.tone = "warn";
    result.lines.emplace_back(texts::kNobodyFinds);
  }
  return result;
}

std::string with_problem(std::string_view text, std::string_view problem) {
  return problem.empty() ? std::string(text) : fmt::format("{}: {}", text, problem);
}

std::string router(const api::DaemonStatus& status) {
  const auto& gateway = status.gateway;
  return api::sentence_of({.enabled = status.port_mapping,
                           .any_published = !status.services.empty(),
                           .state = api::name_of(gateway.state),
                           .name = gateway.gateway,
                           .port = gateway.mapping ? gateway.mapping->external_port : std::uint16_t{},
                           .way = gateway.mapping ? std::string_view(gateway.mapping->protocol) : "",
                           .problem = gateway.problem});
}

std::string public_address(const api::DaemonStatus& status) {
  const auto& reachability = status.reachability;
  if (!reachability.public_v4) return std::string(texts::kNotKnown);
  return fmt::format(texts::kSaysWho, reachability.public_v4->to_string(), reachability.told_by);
}

std::string node_state(const dht::DhtNodeStatus& node) {
  return api::sentence_of_node(api::name_of(node.state), node.good_nodes4 + node.good_nodes6, node.problem);
}

std::string dht(const api::DaemonStatus& status) {
  if (!status.dht) return std::string(texts::kDhtOff);
  if (node_is_connected(status)) return node_state(*status.dht_node);
  if (const auto* proxy = working_proxy(status)) return fmt::format(texts::kDhtByProxy, proxy->url);
  if (status.dht_node) return node_state(*status.dht_node);
  if (status.dht_proxies.empty()) return std::string(texts::kDhtOff);
  const auto& best = status.dht_proxies.front();
  return with_problem(fmt::format(texts::kDhtByProxy, best.url), best.status.problem);
}

std::string uptime(std::chrono::seconds time) {
  return time < 1min ? std::string(texts::kLessThanAMinute) : span_of(time);
}

std::string facts(const api::DaemonStatus& status) {
  const std::array<std::pair<std::string_view, std::string>, 7> rows = {{
      {texts::kRouter, router(status)},
      {texts::kPublicAddress, public_address(status)},
      {texts::kDht, dht(status)},
      {texts::kLocalNetwork, std::string(status.lan ? texts::kOn : texts::kOff)},
      {texts::kPorts, fmt::format(texts::kPortsText, status.p2p_port, status.local_port)},
      {texts::kConnected, fmt::format(texts::kConnectedText, status.peers.size(), status.browsers)},
      {texts::kVersion, fmt::format(texts::kVersionText, status.version, uptime(status.uptime))},
  }};
  std::string html = "<dl class=\"facts\">";
  for (const auto& [name, value] : rows) html += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", name, safe(value));
  return html + "</dl>";
}

std::string problems(const api::DaemonStatus& status) {
  if (status.problems.empty()) return meta(texts::kNoProblems);
  auto html = fmt::format("<details class=\"problems\"><summary>{}</summary><ul role=\"list\">",
                          fmt::format(texts::kProblems, status.problems.size()));
  for (auto problem = status.problems.rbegin(); problem != status.problems.rend(); ++problem)
    html += fmt::format("<li>{}{} · {}</li>",
                        state(problem->is_error ? "bad" : "warn", problem->is_error ? texts::kError : texts::kWarning),
                        time_element(problem->when, status.now), isolated(problem->text));
  return html + "</ul></details>";
}

std::string computer_html(const DashboardModel& model) {
  const auto how = reach(model);
  auto html = fmt::format("<div class=\"panel\"><div class=\"reach\"><h3 class=\"state {}\"><span>{}</span></h3>",
                          how.tone, safe(how.heading));
  for (const auto& line : how.lines) html += meta(line);
  return html + "</div>" + facts(model.status) + problems(model.status) + "</div>";
}

}  // namespace

std::string_view name_of(Section section) {
  switch (section) {
    case Section::lan: return "lan";
    case Section::yours: return "yours";
    case Section::published: return "published";
    case Section::computer: return "computer";
  }
  return "";
}

std::string section_html(const DashboardModel& model, Section section) {
  switch (section) {
    case Section::lan: return lan_html(model);
    case Section::yours: return yours_html(model);
    case Section::published: return published_html(model);
    case Section::computer: return computer_html(model);
  }
  return "";
}

}  // namespace hardline::dashboard
