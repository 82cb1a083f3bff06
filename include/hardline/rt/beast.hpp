// The one place that includes Boost.Beast. Its templates are slow to compile: no other header includes this one.
#pragma once

#include "hardline/rt/asio.hpp"  // with <utility> first

#include <boost/beast/core/error.hpp>
#include <boost/beast/http.hpp>

namespace hardline {

namespace beast = boost::beast;

}  // namespace hardline
