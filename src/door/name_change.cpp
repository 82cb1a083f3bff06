#include "name_change.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "hardline/base/hash160.hpp"
#include "hardline/wire/host_name.hpp"
#include "site_wall.hpp"

namespace hardline::door {
namespace {

const std::pair<std::string, std::string> kForgetEverything = {"Clear-Site-Data", R"("cache", "cookies", "storage")"};

constexpr std::size_t kKeeperDigits = 16;  // of a hash: enough to tell a handful of browsers apart

/// A page that fills its tab. Not a frame's: to the page around it, the browser might clear only what it keeps for the
/// name inside of that page. Nor one that is fetched or rendered ahead, whose answer clears nothing.
bool opens_page(const http::RequestHead& head) {
  if (!head.target.starts_with('/') || head.is_ahead) return false;
  return head.has_fetch_metadata ? is_navigation_of_tab(head) : head.accepts_html;
}

}  // namespace

bool is_of_browser(const http::RequestHead& head) {
  if (head.form == http::TargetForm::authority) return head.names_browser;  // CONNECT tells nothing else
  return head.has_fetch_metadata || head.has_site_data || head.accepts_html;
}

bool is_navigation(const http::RequestHead& head) {
  if (head.form == http::TargetForm::authority) return false;
  return head.has_fetch_metadata ? head.fetch_mode.ends_with("navigate") : head.accepts_html;
}

store::Keeper keeper_of(const http::RequestHead& head) {
  store::Keeper keeper;
  const auto host = wire::parse_host(head.host);
  if (const auto* label = std::get_if<wire::HostIsLabel>(&host)) keeper.port = label->port;
  std::vector<std::uint8_t> name;
  std::copy_if(head.user_agent.begin(), head.user_agent.end(), std::back_inserter(name),
               [](char c) { return c < '0' || c > '9'; });
  keeper.browser = to_hex(blake2b_160(name)).substr(0, kKeeperDigits);
  return keeper;
}

NameChange name_change(const http::RequestHead& head) {
  if (!is_of_browser(head)) return NameChange::none;
  return opens_page(head) ? NameChange::begin : NameChange::pending;
}

web::Page begin_anew_page(const http::RequestHead& head, std::string_view petname) {
  return {
      // Of a form that the old service's page sends, the content is dropped: the browser asks with GET.
      .status = 303,
      .title = "This name leads to another service now",
      .text = fmt::format(
          "“{}” now leads to another service. The browser is told to forget what the previous service left.", petname),
      // Whole: a path that begins with two slashes would lead to another host.
      .fields = {{"Location", "http://" + head.host + head.target}, kForgetEverything},
  };
}

web::Page name_changed_page(std::string_view petname) {
  return {
      .status = 409,
      .proxy_error = "http_request_denied",
      .title = "This name leads to another service now",
      .text = fmt::format("“{}” now leads to another service. This page belongs to the previous service.", petname),
      .advice = {"Reload the page.", "Close every other tab that still shows the previous service."},
      // A worker that the old service left in the browser answers for it until that forgets.
      .fields = {kForgetEverything},
  };
}

}  // namespace hardline::door
