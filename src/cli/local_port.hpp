// The port at which this computer's browsers find services.
#pragma once

#include <cstdint>

#include "hardline/daemon/settings.hpp"

namespace hardline::cli {

/// As the running daemon says; the usual one where it has none, as links need one. Throws as ask().
std::uint16_t local_port_of_daemon(const daemon::Settings& settings);

}  // namespace hardline::cli
