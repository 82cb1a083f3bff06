// What the daemon was told, from defaults, the configuration file and the command line, in that order
// (docs/configuration.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "hardline/base/host_port.hpp"
#include "hardline/daemon/forward_setting.hpp"
#include "hardline/dashboard/dashboard_mode.hpp"
#include "hardline/dht/dht_node_options.hpp"
#include "hardline/http/url.hpp"
#include "hardline/reach/port_mapper_options.hpp"
#include "hardline/store/config_error.hpp"
#include "hardline/store/service_file.hpp"

namespace hardline::daemon {

inline constexpr std::uint16_t kDefaultP2pPort = 7008;
inline constexpr std::uint16_t kDefaultLocalPort = 7009;
/// Ports tried after the default one if that is taken; a port that was asked for is the one or none.
inline constexpr int kMoreP2pPorts = 20;

struct Settings {
  std::filesystem::path service_directory;
  std::filesystem::path state_directory;
  bool state_directory_was_asked_for = false;
  std::filesystem::path control_socket;      ///< empty: where find_control_socket() says
  std::filesystem::path configuration_file;  ///< that was read; empty: none
  std::uint16_t p2p_port = kDefaultP2pPort;  ///< 0: any free one
  bool p2p_port_was_asked_for = false;
  std::uint16_t local_port = kDefaultLocalPort;  ///< 0: no local proxy
  dashboard::DashboardMode dashboard = dashboard::DashboardMode::on;
  std::vector<ForwardSetting> forwards;
  std::string log_level = "info";
  std::vector<HostPort> public_addresses;  ///< told to clients as WANHosts
  bool allow_test_certificates = false;
  std::optional<store::ServiceFile> single_service;  ///< from --service, without a file

  bool lan = true;

  bool dht = true;                     ///< off: neither a node of our own nor a proxy
  dht::DhtNodeOptions dht_node;        ///< its nodes_file is the daemon's to choose
  std::vector<http::Url> dht_proxies;  ///< best first

  bool port_mapping = true;  ///< off: nothing is asked of a router, whatever port_mapper says
  reach::PortMapperOptions port_mapper;

  std::chrono::seconds search_timeout{20};  ///< of a whole search for a service
  std::chrono::seconds attempt_timeout{5};  ///< of one attempt to connect
};

/// Where nothing else is said: under /etc and /var/lib for root, in the folders that systemd names for a service
/// (systemd.exec(5)), under the user's own folders otherwise.
Settings default_settings();
std::filesystem::path default_config_file();

/// What is wrong with a value, as a clause that says what would be right: `must be a port …`.
class SettingError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Sets what `key` in `[section]` (either case) of the configuration file stands for; each flag of the command line
/// stands for one of them. An empty value leaves the default. Throws SettingError.
void apply_setting(Settings& settings, std::string_view section, std::string_view key, const std::string& value);

/// Reads `file` over `settings`. Returns what is wrong with it, each with line and key; what is right is applied.
std::vector<store::ConfigError> read_config_file(const std::filesystem::path& file, Settings& settings);

/// Where the daemon with these settings listens for the verbs: `--socket`, else `$RUNTIME_DIRECTORY/hardlined.sock`
/// (systemd.exec(5); its first entry), else `hardlined.sock` in the state folder.
std::filesystem::path control_socket_of(const Settings& settings);

/// Where a verb looks for it: as above, and where nothing was asked for and no socket is there, at the place of the
/// system's service.
std::filesystem::path find_control_socket(const Settings& settings);

}  // namespace hardline::daemon
