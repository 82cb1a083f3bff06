#include "route.hpp"

#include "failures.hpp"
#include "hardline/wire/host_name.hpp"
#include "site_wall.hpp"

namespace hardline::door {
namespace {

constexpr std::string_view kOwnLabel = "hardline";

constexpr int kHttpPort = 80;

/// Whether browsers keep what comes from here for the origin that has a Clear-Site-Data of its own (name_change.hpp).
/// Programs may name any port to CONNECT: ssh's, say.
bool is_own_origin(const http::RequestHead& head, const wire::HostIsLabel& host, std::uint16_t local_port) {
  if (host.ends_in_dot) return false;
  if (head.form == http::TargetForm::authority && !head.names_browser) return true;
  return host.port == local_port || host.port == kHttpPort;
}

Route route_of_label(const std::string& label, const store::NameBook& names, std::uint16_t local_port) {
  if (const auto* service = names.find(label)) return ToService{*service, label};
  if (const auto petname = Petname::parse(label)) return unpinned_name_page(*petname, local_port);
  return no_such_name_page(label);
}

}  // namespace

Route find_route(const http::RequestHead& head, const store::NameBook& names, std::uint16_t local_port) {
  auto target = wire::parse_host(head.host);
  if (auto* service = std::get_if<ServiceName>(&target)) return ToService{std::move(*service)};
  const auto* label = std::get_if<wire::HostIsLabel>(&target);
  if (std::holds_alternative<wire::HostIsLocalhost>(target) || (label && label->label == kOwnLabel)) {
    if (head.form == http::TargetForm::authority) return no_proxy_page();
    return ToDashboard{};
  }
  if (label) {
    // Before the name is looked up, so that a page of another site cannot find out which names there are.
    if (is_sent_by_other_site(head)) return other_site_page();
    if (!is_own_origin(head, *label, local_port)) return other_origin_page(label->label, local_port);
    return route_of_label(label->label, names, local_port);
  }
  return head.form == http::TargetForm::origin ? foreign_host_page() : no_proxy_page();
}

}  // namespace hardline::door
