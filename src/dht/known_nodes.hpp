// The DHT nodes known last time, in a file: who has them needs no bootstrap server. One `address:port` a line.
#pragma once

#include <filesystem>
#include <vector>

#include "hardline/rt/asio.hpp"

namespace hardline::dht {

/// As many as are worth a packet each: if a tenth of them is still there, that is enough.
inline constexpr std::size_t kMaxKnownNodes = 32;

/// kMaxKnownNodes at most. None where there is no file, or where it is damaged, which is logged. Blocks.
std::vector<udp::endpoint> load_known_nodes(const std::filesystem::path& file);

/// Replaces the file by the first kMaxKnownNodes of `nodes`. Blocks.
std::error_code save_known_nodes(const std::filesystem::path& file, const std::vector<udp::endpoint>& nodes);

}  // namespace hardline::dht
