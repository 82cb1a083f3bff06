// The words for everything that can go wrong between a browser and a service. English texts are in failures.cpp.
#pragma once

#include <cstdint>

#include "hardline/base/petname.hpp"
#include "hardline/http/request_head.hpp"
#include "hardline/tunnel/client.hpp"
#include "hardline/web/page.hpp"

namespace hardline::door {

using web::Page;

/// The request itself cannot be served.
web::Page bad_request_page(http::HeadError error);
web::Page slow_request_page();
/// Its fields do not tell how long its content is.
web::Page unclear_length_page();
/// The Host is not `LABEL.localhost` (421).
web::Page foreign_host_page();
/// `LABEL.localhost`, but LABEL is no service's name.
web::Page no_such_name_page(std::string_view label);
/// `LABEL.localhost`, where LABEL could be a petname and is none: offers to make it one.
web::Page unpinned_name_page(const Petname& label, std::uint16_t local_port);
/// `LABEL.localhost.`, or LABEL at a port that is not ours (421).
web::Page other_origin_page(std::string_view label, std::uint16_t local_port);
/// To a petname, sent by another site's page (403). Tells nothing of the name.
web::Page other_site_page();
/// A request to a proxy for what this one does not lead to (403).
web::Page no_proxy_page();

/// The tunnel could not be opened.
web::Page open_failure_page(const tunnel::OpenFailure& failure);
/// The tunnel closed before the first octet of an answer.
web::Page silent_service_page(tunnel::Dialect dialect);

}  // namespace hardline::door
