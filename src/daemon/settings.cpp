#include "hardline/daemon/settings.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "hardline/base/ascii.hpp"
#include "hardline/base/log.hpp"
#include "hardline/rt/asio.hpp"
#include "hardline/store/ini.hpp"
#include "hardline/store/spelling.hpp"
#include "hardline/store/state_directory.hpp"

namespace hardline::daemon {
namespace {

namespace fs = std::filesystem;

/// Neither is ours (docs/configuration.md, "The command line"): both can be replaced, and the daemon is of use without
/// them.
constexpr auto kDefaultBootstrap = "bootstrap.jami.net:4222";
constexpr auto kDefaultProxy = "http://dhtproxy.jami.net/";

/// The word for a list that has nothing in it, as an empty value means the default.
constexpr std::string_view kNone = "none";

constexpr auto kSocketName = "hardlined.sock";
/// RuntimeDirectory= of packaging/hardlined.service.
constexpr auto kSystemRuntimeDirectory = "/run/hardline";

/// Longer is no time-out any more; it also keeps sums of durations far from overflow.
constexpr int kMaxTimeout = 600;

/// One of the folders systemd made for its service: the first, where there are several.
fs::path folder_from_systemd(const char* variable) {
  const char* value = std::getenv(variable);
  const std::string_view folders = value ? value : "";
  return folders.substr(0, folders.find(':'));
}

fs::path config_directory() {
  if (auto given = folder_from_systemd("CONFIGURATION_DIRECTORY"); !given.empty()) return given;
  if (::geteuid() == 0) return "/etc/hardline";
  if (const char* configured = std::getenv("XDG_CONFIG_HOME"); configured && *configured)
    return fs::path(configured) / "hardline";
  const char* home = std::getenv("HOME");
  return fs::path(home ? home : ".") / ".config/hardline";
}

bool parse_bool(const std::string& value) {
  const auto word = to_lower(value);
  for (const auto* yes : {"yes", "true", "on", "1"})
    if (word == yes) return true;
  for (const auto* no : {"no", "false", "off", "0"})
    if (word == no) return false;
  throw SettingError(fmt::format("must be yes or no, not \"{}\"", value));
}

template <class Number>
Number parse_number(const std::string& value, Number least, Number most, const std::string& what) {
  Number number{};
  const auto* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc() || stop != end || number < least || number > most)
    throw SettingError(fmt::format("must be {} from {} to {}, not \"{}\"", what, least, most, value));
  return number;
}

std::uint16_t parse_port_or_zero(const std::string& value) {
  return parse_number<std::uint16_t>(value, 0, 65535, "a port");
}

std::chrono::seconds parse_timeout(const std::string& value) {
  return std::chrono::seconds(parse_number<int>(value, 1, kMaxTimeout, "a number of seconds"));
}

/// The items of a comma separated list, trimmed, each as `parse` reads it.
template <class Item, class Parse>
std::vector<Item> parse_list(const std::string& value, Parse parse, const std::string& right) {
  std::vector<Item> items;
  if (to_lower(value) == kNone) return items;
  std::string_view rest = value;
  for (;;) {
    const auto comma = rest.find(',');
    auto word = rest.substr(0, comma);
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    auto item = parse(word);
    if (!item) throw SettingError(fmt::format("must be {}, not \"{}\"", right, word));
    items.push_back(std::move(*item));
    if (comma == std::string_view::npos) return items;
    rest.remove_prefix(comma + 1);
  }
}

std::vector<HostPort> parse_addresses(const std::string& value, const std::string& right) {
  return parse_list<HostPort>(value, HostPort::parse, right);
}

dashboard::DashboardMode parse_dashboard_mode(const std::string& value) {
  if (to_lower(value) == "read-only") return dashboard::DashboardMode::read_only;
  try {
    return parse_bool(value) ? dashboard::DashboardMode::on : dashboard::DashboardMode::off;
  } catch (const SettingError&) {
    throw SettingError(fmt::format("must be yes, read-only or no, not \"{}\"", value));
  }
}

/// Clients look no name up that a service tells them.
std::optional<HostPort> parse_literal(std::string_view text) {
  const auto host = HostPort::parse(text);
  AsioError a_name;
  if (host) asio::ip::make_address(host->host, a_name);
  return a_name ? std::nullopt : host;
}

/// A section and key as they are documented; compared in lower case.
struct Key {
  std::string_view section;
  std::string_view key;
  void (*apply)(Settings& settings, const std::string& value);
};

constexpr std::array kKeys{
    Key{"Daemon", "servicedir", [](Settings& s, const std::string& value) { s.service_directory = value; }},
    Key{"Daemon", "statedir",
        [](Settings& s, const std::string& value) {
          s.state_directory = value;
          s.state_directory_was_asked_for = true;
        }},
    Key{"Daemon", "socket", [](Settings& s, const std::string& value) { s.control_socket = value; }},
    Key{"Daemon", "p2pport",
        [](Settings& s, const std::string& value) {
          s.p2p_port = parse_port_or_zero(value);
          s.p2p_port_was_asked_for = true;
        }},
    Key{"Daemon", "localport", [](Settings& s, const std::string& value) { s.local_port = parse_port_or_zero(value); }},
    Key{"Daemon", "publicaddress",
        [](Settings& s, const std::string& value) {
          s.public_addresses = parse_list<HostPort>(
              value, parse_literal, "ADDRESS:PORT, as in 203.0.113.7:7008 or [2001:db8::1]:7008; not a name");
        }},
    Key{"Daemon", "loglevel",
        [](Settings& s, const std::string& value) {
          if (!log::parse_level(value))
            throw SettingError(fmt::format("must be error, warn, info, debug or trace, not \"{}\"", value));
          s.log_level = value;
        }},
    Key{"Daemon", "dashboard",
        [](Settings& s, const std::string& value) { s.dashboard = parse_dashboard_mode(value); }},
    Key{"Forward", "ports",
        [](Settings& s, const std::string& value) {
          s.forwards = parse_list<ForwardSetting>(
              value, parse_forward,
              "NAME=PORT or NAME=ADDRESS:PORT, as in desktop=5900 or nas=127.0.0.1:2222, or none");
        }},
    Key{"LAN", "enabled", [](Settings& s, const std::string& value) { s.lan = parse_bool(value); }},
    Key{"DHT", "enabled", [](Settings& s, const std::string& value) { s.dht = parse_bool(value); }},
    Key{"DHT", "bootstrap",
        [](Settings& s, const std::string& value) {
          s.dht_node.bootstrap = parse_addresses(value, "HOST:PORT, as in bootstrap.jami.net:4222, or none");
        }},
    Key{"DHT", "port", [](Settings& s, const std::string& value) { s.dht_node.port = parse_port_or_zero(value); }},
    Key{"DHT", "network",
        [](Settings& s, const std::string& value) {
          s.dht_node.network = parse_number<std::uint32_t>(value, 0, UINT32_MAX, "a network's number");
        }},
    Key{"DHT", "proxies",
        [](Settings& s, const std::string& value) {
          s.dht_proxies = parse_list<http::Url>(value, http::Url::parse,
                                                "a URL, as in https://dhtproxy.example.org or "
                                                "http://192.0.2.7:8080, or none");
        }},
    Key{"Portmap", "enabled", [](Settings& s, const std::string& value) { s.port_mapping = parse_bool(value); }},
    Key{"Portmap", "upnp", [](Settings& s, const std::string& value) { s.port_mapper.upnp = parse_bool(value); }},
    Key{"Portmap", "natpmp", [](Settings& s, const std::string& value) { s.port_mapper.nat_pmp = parse_bool(value); }},
    Key{"Portmap", "pinholes",
        [](Settings& s, const std::string& value) { s.port_mapper.pinholes = parse_bool(value); }},
    Key{"Timeouts", "search", [](Settings& s, const std::string& value) { s.search_timeout = parse_timeout(value); }},
    Key{"Timeouts", "attempt", [](Settings& s, const std::string& value) { s.attempt_timeout = parse_timeout(value); }},
};

/// Why there is no such key: what was meant, where one can tell, else what there is.
std::string unknown(std::string_view section, std::string_view key) {
  std::vector<std::string_view> sections, keys, everywhere;
  for (const auto& known : kKeys) {
    if (sections.empty() || sections.back() != known.section) sections.push_back(known.section);
    if (to_lower(known.section) == to_lower(section)) keys.push_back(known.key);
    if (known.key == to_lower(key)) everywhere.push_back(known.section);
  }
  if (keys.empty()) {
    const auto meant = store::closest(section, sections);
    return fmt::format("is in an unknown section, [{}]; {}", section,
                       meant.empty() ? fmt::format("there are [{}]", fmt::join(sections, "], ["))
                                     : fmt::format("did you mean [{}]?", meant));
  }
  if (const auto meant = store::closest(key, keys); !meant.empty())
    return fmt::format("is not known in [{}]; did you mean {}=?", section, meant);
  if (!everywhere.empty()) return fmt::format("is not known in [{}]; it belongs in [{}]", section, everywhere.front());
  return fmt::format("is not known in [{}]; its keys are {}", section, fmt::join(keys, ", "));
}

}  // namespace

Settings default_settings() {
  Settings settings;
  settings.service_directory = config_directory() / "services";
  settings.state_directory = store::default_state_directory();
  apply_setting(settings, "DHT", "bootstrap", kDefaultBootstrap);
  apply_setting(settings, "DHT", "proxies", kDefaultProxy);
  return settings;
}

fs::path default_config_file() {
  return config_directory() / "hardlined.ini";
}

void apply_setting(Settings& settings, std::string_view section, std::string_view key, const std::string& value) {
  const auto found = std::find_if(kKeys.begin(), kKeys.end(), [&](const Key& known) {
    return to_lower(known.section) == to_lower(section) && known.key == to_lower(key);
  });
  if (found == kKeys.end()) throw SettingError(unknown(section, key));
  if (!value.empty()) found->apply(settings, value);
}

std::vector<store::ConfigError> read_config_file(const fs::path& file, Settings& settings) {
  settings.configuration_file = file;
  std::vector<store::ConfigError> errors;
  try {
    for (const auto& entry : store::read_ini(file)) {
      try {
        apply_setting(settings, entry.section, entry.key, entry.value);
      } catch (const SettingError& e) {
        errors.emplace_back(file, entry.line, entry.key, e.what());
      }
    }
  } catch (const store::ConfigError& e) {
    errors.push_back(e);
  }
  return errors;
}

fs::path control_socket_of(const Settings& settings) {
  if (!settings.control_socket.empty()) return settings.control_socket;
  const auto runtime = folder_from_systemd("RUNTIME_DIRECTORY");
  return (runtime.empty() ? settings.state_directory : runtime) / kSocketName;
}

fs::path find_control_socket(const Settings& settings) {
  const auto own = control_socket_of(settings);
  const bool asked_for = !settings.control_socket.empty() || settings.state_directory_was_asked_for;
  std::error_code ignored;
  if (asked_for || fs::exists(own, ignored)) return own;
  const auto systems = fs::path(kSystemRuntimeDirectory) / kSocketName;
  return fs::exists(fs::symlink_status(systems, ignored)) ? systems : own;
}

}  // namespace hardline::daemon
