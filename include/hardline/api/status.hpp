// How the daemon stands, in one plain aggregate: what `hardlined status` and the dashboard show (docs/api.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hardline/base/host_port.hpp"
#include "hardline/base/log.hpp"
#include "hardline/dht/dht_node_status.hpp"
#include "hardline/dht/dht_proxy.hpp"
#include "hardline/net/interfaces.hpp"
#include "hardline/reach/announcer.hpp"
#include "hardline/reach/wan_hosts.hpp"
#include "hardline/tunnel/p2p_listener.hpp"

namespace hardline::api {

struct ProxyStatus {
  std::string url;
  dht::DhtProxyStatus status;
};

struct ServiceStatus {
  std::string title;
  KeyHash key;
  bool uses_dht = true;                             ///< [Access] useDHT=
  std::optional<reach::Announcement> announcement;  ///< in the DHT
  bool paused = false;
  std::uint64_t connections = 0;  ///< since the daemon started
  std::uint64_t octets = 0;       ///< both ways, since then
};

struct DaemonStatus {
  std::string version;
  std::vector<std::string> built_without;     ///< libraries, each with what that means, for a person
  std::chrono::system_clock::time_point now;  ///< when all this was so
  std::chrono::system_clock::time_point started;
  std::chrono::seconds uptime{0};

  // What it was told.
  std::filesystem::path service_directory;  ///< empty: one service, from the command line
  std::filesystem::path state_directory;
  std::filesystem::path configuration_file;  ///< empty: none
  std::uint16_t p2p_port = 0;
  std::uint16_t local_port = 0;  ///< 0: no local proxy
  bool lan = true;
  bool port_mapping = true;
  bool dht = true;
  std::vector<HostPort> dht_bootstrap;
  std::uint32_t dht_network = 0;
  bool dht_node_built_in = true;  ///< off: without OpenDHT, there is never a node of our own

  // How it stands with the network.
  std::vector<LocalAddress> addresses;
  reach::PortMapperStatus gateway;
  reach::Reachability reachability;
  std::optional<dht::DhtNodeStatus> dht_node;  ///< nullopt: there is none
  std::vector<ProxyStatus> dht_proxies;        ///< best first

  // Who is there.
  std::vector<ServiceStatus> services;
  std::vector<tunnel::P2pListener::Peer> peers;  ///< connected to services of this machine
  std::size_t browsers = 0;                      ///< connections on the local port

  std::vector<log::Problem> problems;  ///< of late, oldest first
};

}  // namespace hardline::api
