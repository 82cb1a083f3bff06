#include "flags.hpp"

#include <fmt/format.h>

namespace hardline::cli {

std::vector<Flag> make_flags(const daemon::Settings& defaults) {
  const std::string net = "Across the network";
  return {
      {"Daemon", "servicedir", "--servicedir", "DIR",
       fmt::format("Folder of service files [{}]", defaults.service_directory.string())},
      {"Daemon", "statedir", "--statedir", "DIR", fmt::format("State folder [{}]", defaults.state_directory.string())},
      {"Daemon", "socket", "--socket", "PATH",
       "Control socket [hardlined.sock in $RUNTIME_DIRECTORY, else in the state folder]"},
      {"Daemon", "p2pport", "--p2pport", "N",
       "Port for other daemons; 0 picks a free one [7008, or a free one after it]"},
      {"Daemon", "localport", "--localport", "N", "Port for this computer's browsers; 0 for none [7009]"},
      {"Daemon", "dashboard", "--dashboard", "WORD",
       "The page at http://localhost:7009/: yes, read-only (it cannot change anything) or no [yes]"},
      {"Forward", "ports", "--forward", "NAME=[ADDR:]PORT",
       "Keep a local port open that leads to a service, as `forward` does; may be repeated", true},
      {"Daemon", "loglevel", "--log-level", "L", "error, warn, info, debug or trace [info]"},
      {"Daemon", "publicaddress", "--public-address", "ADDRESS:PORT",
       "Where this computer can be reached from outside; may be repeated, best first", true, net},
      {"LAN", "enabled", "--no-lan", "", "Neither find services nor be found on the local network", false, net},
      {"DHT", "enabled", "--no-dht", "",
       "Neither find services nor be found through the DHT, by a node of our own or a proxy", false, net},
      {"DHT", "bootstrap", "--dht-bootstrap", "HOST:PORT",
       "Node through which to join the DHT; may be repeated, `none` for an empty list [bootstrap.jami.net:4222]", true,
       net},
      {"DHT", "port", "--dht-port", "N", "UDP port of our own DHT node [any free one]", false, net},
      {"DHT", "network", "--dht-network", "N", "Number of the DHT to join [0, the public one]", false, net},
      {"DHT", "proxies", "--dht-proxy", "URL",
       "DHT proxy, best first; may be repeated, `none` for an empty list [http://dhtproxy.jami.net]", true, net},
      {"Portmap", "enabled", "--no-portmap", "", "Do not ask the router to let connections in", false, net},
      {"Portmap", "upnp", "--no-upnp", "", "Do not use UPnP", false, net},
      {"Portmap", "natpmp", "--no-natpmp", "", "Do not use NAT-PMP", false, net},
      {"Portmap", "pinholes", "--no-pinholes", "", "Do not open IPv6 pinholes", false, net},
      {"Timeouts", "search", "--search-timeout", "SECONDS", "How long to look for a service [20]", false, net},
      {"Timeouts", "attempt", "--attempt-timeout", "SECONDS", "How long to try one address [5]", false, net},
  };
}

}  // namespace hardline::cli
