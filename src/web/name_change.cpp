#include "hardline/web/name_change.hpp"

#include <fmt/format.h>

namespace hardline::web {
namespace {

const std::pair<std::string, std::string> kForgetEverything = {"Clear-Site-Data", R"("cache", "cookies", "storage")"};

/// A page that fills its tab. Not a frame's: to the page around it, the browser might clear only what it keeps for the
/// name inside of that page.
bool opens_page(const wire::RequestHead& head) {
  if (!head.target.starts_with('/')) return false;
  if (!head.has_fetch_metadata) return head.accepts_html;
  return head.fetch_mode == "navigate" && (head.fetch_dest.empty() || head.fetch_dest == "document");
}

}  // namespace

bool is_of_browser(const wire::RequestHead& head) {
  if (head.form == wire::TargetForm::authority) return head.names_browser;  // CONNECT tells nothing else
  return head.has_fetch_metadata || head.has_site_data || head.accepts_html;
}

NameChange name_change(const wire::RequestHead& head, const std::optional<KeyHash>& shown, const KeyHash& service) {
  if (!shown || *shown == service || !is_of_browser(head)) return NameChange::none;
  return opens_page(head) ? NameChange::begin : NameChange::pending;
}

Page begin_anew_page(const wire::RequestHead& head, std::string_view petname) {
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

Page name_changed_page(std::string_view petname) {
  return {
      .status = 409,
      .proxy_error = "http_request_denied",
      .title = "This name leads to another service now",
      .text = fmt::format("“{}” now leads to another service. This page belongs to the previous service.", petname),
      .advice = {"Reload the page."},
      // A worker that the old service left in the browser answers for it until that forgets.
      .fields = {kForgetEverything},
  };
}

}  // namespace hardline::web
