#include "hardline/web/route.hpp"

#include "hardline/web/failures.hpp"
#include "hardline/wire/host_name.hpp"

namespace hardline::web {
namespace {

constexpr std::string_view kOwnLabel = "hardline";

Route route_of_label(const std::string& label, const store::NameBook& names, std::uint16_t local_port) {
  if (const auto* service = names.find(label)) return ToService{*service, label};
  if (const auto petname = Petname::parse(label)) return unpinned_name_page(*petname, local_port);
  return no_such_name_page(label);
}

}  // namespace

Route find_route(const wire::RequestHead& head, const store::NameBook& names, std::uint16_t local_port) {
  auto target = wire::parse_host(head.host);
  if (auto* service = std::get_if<ServiceName>(&target)) return ToService{std::move(*service)};
  const auto* label = std::get_if<wire::HostIsLabel>(&target);
  if (std::holds_alternative<wire::HostIsLocalhost>(target) || (label && label->label == kOwnLabel)) {
    if (head.form == wire::TargetForm::authority) return no_proxy_page();
    return ToDashboard{};
  }
  if (label) return route_of_label(label->label, names, local_port);
  return head.form == wire::TargetForm::origin ? foreign_host_page() : no_proxy_page();
}

}  // namespace hardline::web
