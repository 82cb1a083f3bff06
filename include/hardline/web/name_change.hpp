// A petname that leads to another service than before: what the browser keeps for that name (cookies, storage, what is
// cached) is the old service's, and must not reach the new one (W3C Clear Site Data).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hardline/base/key_hash.hpp"
#include "hardline/web/page.hpp"
#include "hardline/wire/http_head.hpp"

namespace hardline::web {

enum class NameChange {
  none,     ///< the request may go to the service
  begin,    ///< it opens a page: the browser is told to forget everything, and to ask again
  pending,  ///< a browser asks, as for a page that it still shows, and must open the name anew first
};

/// Whether a browser sent this, rather than a program that keeps nothing.
bool is_of_browser(const wire::RequestHead& head);

/// `shown` is the service that browsers were last shown under the name; `service` the one that it leads to.
NameChange name_change(const wire::RequestHead& head, const std::optional<KeyHash>& shown, const KeyHash& service);

/// The answers to NameChange::begin and pending.
Page begin_anew_page(const wire::RequestHead& head, std::string_view petname);
Page name_changed_page(std::string_view petname);

}  // namespace hardline::web
