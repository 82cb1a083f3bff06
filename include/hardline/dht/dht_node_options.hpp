// What a node of our own in the OpenDHT network is told.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "hardline/base/host_port.hpp"

namespace hardline::dht {

struct DhtNodeOptions {
  std::vector<HostPort> bootstrap;   ///< nodes to enter by, where no remembered one answers; UDP
  std::uint16_t port = 0;            ///< UDP; 0: any free one
  std::uint32_t network = 0;         ///< OpenDHT's network id; 0 is the public one
  std::filesystem::path nodes_file;  ///< the nodes known last time; written while it runs and at the end
};

}  // namespace hardline::dht
