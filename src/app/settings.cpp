#include "settings.hpp"

#include <unistd.h>

#include <cstdlib>

#include "hardline/base/log.hpp"
#include "hardline/store/ini.hpp"
#include "hardline/store/state_directory.hpp"

namespace hardline::app {
namespace {

std::filesystem::path config_directory() {
  if (::geteuid() == 0) return "/etc/hardline";
  if (const char* configured = std::getenv("XDG_CONFIG_HOME"); configured && *configured)
    return std::filesystem::path(configured) / "hardline";
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home ? home : ".") / ".config/hardline";
}

std::uint16_t port_or_zero(const std::filesystem::path& file, const store::IniEntry& entry) {
  if (entry.value == "0") return 0;
  if (const auto port = parse_port(entry.value)) return *port;
  throw store::ConfigError(file, entry.line, entry.key, "must be a port from 0 to 65535, not \"" + entry.value + "\"");
}

}  // namespace

Settings default_settings() {
  Settings settings;
  settings.service_directory = config_directory() / "services";
  settings.state_directory = store::default_state_directory();
  return settings;
}

std::filesystem::path default_config_file() {
  return config_directory() / "hardlined.ini";
}

void read_config_file(const std::filesystem::path& file, Settings& settings) {
  for (const auto& entry : store::read_ini(file)) {
    const auto wrong = [&](const std::string& problem) {
      return store::ConfigError(file, entry.line, entry.key, problem);
    };
    if (entry.section != "daemon") throw wrong("is in section [" + entry.section + "]; only [Daemon] is known");
    if (entry.key == "servicedir") {
      settings.service_directory = entry.value;
    } else if (entry.key == "statedir") {
      settings.state_directory = entry.value;
    } else if (entry.key == "p2pport") {
      settings.p2p_port = port_or_zero(file, entry);
      settings.p2p_port_was_asked_for = true;
    } else if (entry.key == "localport") {
      settings.local_port = port_or_zero(file, entry);
    } else if (entry.key == "loglevel") {
      if (!log::parse_level(entry.value)) throw wrong("must be error, warn, info, debug or trace");
      settings.log_level = entry.value;
    } else if (entry.key == "publicaddress") {
      const auto address = HostPort::parse(entry.value);
      if (!address) throw wrong("must be ADDRESS:PORT, as in 203.0.113.7:7008 or [2001:db8::1]:7008");
      settings.public_addresses.push_back(*address);
    } else {
      throw wrong("is not known; known are servicedir, statedir, p2pport, localport, loglevel and publicaddress");
    }
  }
}

}  // namespace hardline::app
