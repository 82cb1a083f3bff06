// What the daemon was told, from defaults, the configuration file and the command line, in that order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "hardline/base/host_port.hpp"
#include "hardline/store/service_file.hpp"

namespace hardline::app {

inline constexpr std::uint16_t kDefaultP2pPort = 7008;
inline constexpr std::uint16_t kDefaultLocalPort = 7009;
/// Ports tried after the default one if that is taken; a port that was asked for is the one or none.
inline constexpr int kMoreP2pPorts = 20;

struct Settings {
  std::filesystem::path service_directory;
  std::filesystem::path state_directory;
  std::uint16_t p2p_port = kDefaultP2pPort;  ///< 0: any free one
  bool p2p_port_was_asked_for = false;
  std::uint16_t local_port = kDefaultLocalPort;  ///< 0: no local proxy
  std::string log_level = "info";
  std::vector<HostPort> public_addresses;  ///< told to clients as WANHosts
  bool allow_test_certificates = false;
  std::optional<store::ServiceFile> single_service;  ///< from --service, without a file
};

/// Where nothing else is said: under /etc and /var/lib for root, under the user's own folders otherwise.
Settings default_settings();
std::filesystem::path default_config_file();

/// Reads `[Daemon]` of `file` over `settings`. Throws store::ConfigError.
void read_config_file(const std::filesystem::path& file, Settings& settings);

}  // namespace hardline::app
