// What the old program (Python, version 0.0.16) remembered: ~/.hardlinep2p/peers.db.
#pragma once

#include <filesystem>
#include <vector>

#include "hardline/base/host_port.hpp"
#include "hardline/base/key_hash.hpp"

namespace hardline::store {

struct OldPeer {
  KeyHash key;
  std::vector<HostPort> hosts;  ///< best first
};

/// Rows that make no sense are left out. Only reads. Throws SqliteError.
std::vector<OldPeer> read_old_peers(const std::filesystem::path& database);

}  // namespace hardline::store
