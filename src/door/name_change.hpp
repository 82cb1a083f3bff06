// A petname that leads to another service than before: what the browser keeps for that name (cookies, storage, what is
// cached) is the old service's, and must not reach the new one (W3C Clear Site Data).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "hardline/http/request_head.hpp"
#include "hardline/store/visit.hpp"
#include "hardline/web/page.hpp"

namespace hardline::door {

enum class NameChange {
  none,     ///< the request may go to the service
  begin,    ///< it opens a page: the browser is told to forget everything, and to ask again
  pending,  ///< a browser asks, as for a page that it still shows, and must open the name anew first
};

/// Whether a browser sent this, rather than a program that keeps nothing.
bool is_of_browser(const http::RequestHead& head);

/// Whether a browser goes to a page by this, in a tab, in a frame or ahead of time. It keeps what it is given there;
/// what scripts ask for comes later, and may have fields of their own making.
bool is_navigation(const http::RequestHead& head);

/// Where what sent this keeps what it is given. Browsers are told apart by User-Agent without its digits, so that an
/// update makes none of them another; two profiles of one browser look the same.
store::Keeper keeper_of(const http::RequestHead& head);

/// Of a request by a petname whose Keeper may hold another service's data.
NameChange name_change(const http::RequestHead& head);

/// The answers to NameChange::begin and pending.
web::Page begin_anew_page(const http::RequestHead& head, std::string_view petname);
web::Page name_changed_page(std::string_view petname);

}  // namespace hardline::door
