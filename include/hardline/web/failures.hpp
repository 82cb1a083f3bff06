// The words for everything that can go wrong between a browser and a service. English texts are in failures.cpp.
#pragma once

#include "hardline/tunnel/client.hpp"
#include "hardline/web/page.hpp"
#include "hardline/wire/http_head.hpp"

namespace hardline::web {

/// The request itself cannot be served.
Page bad_request_page(wire::HeadError error);
Page slow_request_page();
/// The Host is not `LABEL.localhost` (421).
Page foreign_host_page();
/// `LABEL.localhost`, but LABEL is no service's name.
Page no_such_name_page(std::string_view label);

/// The tunnel could not be opened.
Page open_failure_page(const tunnel::OpenFailure& failure);
/// The tunnel closed before the first octet of an answer.
Page silent_service_page(tunnel::Dialect dialect);

}  // namespace hardline::web
