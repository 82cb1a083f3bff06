// Where a request to the local port leads: to a service, to the dashboard, or nowhere.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "hardline/base/service_name.hpp"
#include "hardline/http/request_head.hpp"
#include "hardline/store/name_book.hpp"
#include "hardline/web/page.hpp"

namespace hardline::door {

struct ToService {
  ServiceName name;
  std::string petname = {};  ///< by which it was asked for; empty where by its own name
};
/// Whether it may be used so, the dashboard judges itself (BrowserGuard).
struct ToDashboard {};
/// The page says why it leads nowhere.
using Route = std::variant<ToService, ToDashboard, web::Page>;

/// `localhost` and `hardline.localhost` are the dashboard's in every spelling, whatever `names` says; no CONNECT leads
/// there, and nothing leads to what is not on this computer's list. Labels other than services' own names are taken at
/// `local_port` and 80 only, without a dot at the end, and not from pages of other sites (site_wall.hpp), whether
/// anything is pinned under them or not.
Route find_route(const http::RequestHead& head, const store::NameBook& names, std::uint16_t local_port);

}  // namespace hardline::door
