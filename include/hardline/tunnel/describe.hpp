// Why a service could not be reached, in words for a person. What strangers said is in them: it is one line of valid
// UTF-8, but not escaped for HTML.
#pragma once

#include <string>

#include "hardline/tunnel/client.hpp"

namespace hardline::tunnel {

/// "192.0.2.7:7008 (the local network): no answer, after 1500 ms"
std::string describe(const Attempt& attempt);

/// "the local network: nobody answered", of a source that knew nobody to dial.
std::string describe(const find::SourceReport& report);

/// One line for a terminal or a log: why a tunnel could not be opened. Ends without a full stop.
std::string describe(const OpenFailure& failure);

}  // namespace hardline::tunnel
