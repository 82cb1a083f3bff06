// Where strangers must never be led, whatever a service file says: to the daemon's own doors, which are for the person
// at this computer alone.
#pragma once

#include <cstdint>
#include <filesystem>

#include "hardline/net/socket_stream.hpp"

namespace hardline::daemon {

/// Whether `remote`, as a connected socket names its other side, is the local port (on a loopback address; 0: there is
/// none) or the control socket, by the path it is bound to.
bool is_own_socket(const StreamSocket::endpoint_type& remote, std::uint16_t local_port,
                   const std::filesystem::path& control_socket);

}  // namespace hardline::daemon
