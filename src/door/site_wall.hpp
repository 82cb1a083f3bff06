// Which requests a page of another site may have a browser send to a petname. A service's own name cannot be guessed,
// `nas` can (docs/security.md, "Petnames"; W3C Fetch Metadata).
#pragma once

#include "hardline/http/request_head.hpp"

namespace hardline::door {

/// A browser that tells goes to a page that will fill its tab, and somebody waits to see it.
bool is_navigation_of_tab(const http::RequestHead& head);

/// Whether a page of another site, another petname's included, had a browser send this, and it is more than a link that
/// was followed: GET or HEAD, in a tab of its own. By Sec-Fetch-Site, else by Origin; programs send neither. CONNECT
/// has no such fields: never.
bool is_sent_by_other_site(const http::RequestHead& head);

}  // namespace hardline::door
