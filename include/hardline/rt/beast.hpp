// The one place that includes Boost.Beast, and the names the daemon uses of it.
#pragma once

#include <utility>  // before Asio: Debian's 1.18 uses std::exchange without including it

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "hardline/rt/asio.hpp"

namespace hardline {

namespace beast = boost::beast;
namespace http = boost::beast::http;

}  // namespace hardline
