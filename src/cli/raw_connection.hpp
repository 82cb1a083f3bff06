// A connection to the daemon's control socket that becomes a service's: HTTP for its first answer, then octets.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "hardline/base/unique_fd.hpp"

namespace hardline::cli {

struct RawConnection {
  UniqueFd socket;    ///< blocking
  std::string early;  ///< what came behind the answer's head
};

/// Sends `GET target` with `Upgrade: protocol`, and waits for the 101. Blocks; the answer has to come within `limit`.
/// Throws NoDaemon, and Refused with what another answer says.
RawConnection open_raw_connection(const std::filesystem::path& socket, const std::string& target,
                                  const std::string& protocol, std::chrono::milliseconds limit);

}  // namespace hardline::cli
