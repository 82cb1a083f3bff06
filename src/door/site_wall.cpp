#include "site_wall.hpp"

#include "hardline/base/ascii.hpp"

namespace hardline::door {
namespace {

/// As it is compared: a browser leaves the default port out.
std::string normal(std::string_view origin) {
  for (const std::string_view port : {":80", ":"})
    if (origin.ends_with(port)) {
      origin.remove_suffix(port.size());
      break;
    }
  return to_lower(origin);
}

}  // namespace

bool is_navigation_of_tab(const http::RequestHead& head) {
  // Without Sec-Fetch-Dest: Chromium 76 to 79, where a frame's mode is another one.
  return !head.is_ahead && head.fetch_mode == "navigate" && (head.fetch_dest.empty() || head.fetch_dest == "document");
}

bool is_sent_by_other_site(const http::RequestHead& head) {
  if (head.form == http::TargetForm::authority) return false;
  if ((head.method == "GET" || head.method == "HEAD") && is_navigation_of_tab(head)) return false;
  if (!head.fetch_site.empty()) return head.fetch_site != "same-origin" && head.fetch_site != "none";
  return head.origin && normal(*head.origin) != normal("http://" + head.host);
}

}  // namespace hardline::door
