// How a node of our own in the OpenDHT network is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hardline/rt/asio.hpp"

namespace hardline::dht {

struct DhtNodeStatus {
  /// idle: not wanted yet, or ended; disconnected: nobody has answered for some seconds, and it goes on trying.
  enum class State { idle, connecting, connected, disconnected };
  State state = State::idle;
  std::uint16_t port = 0;  ///< UDP; 0 while idle
  unsigned good_nodes4 = 0, good_nodes6 = 0, known_nodes4 = 0, known_nodes6 = 0;
  std::vector<asio::ip::address> seen_as;  ///< our address as most other nodes told us, of each family one at most
  std::string problem;                     ///< why it cannot run, or not as it was told: the port is taken; or empty
};

}  // namespace hardline::dht
