// A service file: DIR/NAME.ini, the description of one published service (docs/configuration.md).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "hardline/base/cache_settings.hpp"
#include "hardline/store/config_error.hpp"

namespace hardline::store {

struct ServiceFile {
  std::filesystem::path file;      ///< absolute
  ServiceOrigin origin;            ///< [Service] service=, port=, verify=; a cache where [Cache] directory= is given
  std::filesystem::path certfile;  ///< [Service] certfile=; absolute: `FILE.cert` if empty, else relative to its folder
  std::string title;               ///< [Info] title=; the file's name without .ini if empty
  bool listed = true;              ///< [Info] listed=: answer the empty LAN search
  bool hide_password = false;      ///< [Access] hidepassword=: leave the password out of LAN announcements
  bool use_dht = true;             ///< [Access] useDHT=
  bool paused = false;             ///< [Service] paused=: keeps its identity and is not served

  std::vector<std::string> warnings;  ///< what has no effect, unknown keys above all, as `FILE:LINE: …`

  friend bool operator==(const ServiceFile&, const ServiceFile&) = default;
};

/// Throws ConfigError. `service` is a host name, an IPv4 or IPv6 address (brackets optional) or `unix:/path`; an
/// `http://` before it is accepted, as old files have it. `port` is 1 to 65535, and must not be given with `unix:`.
///
/// Of a cache, `service` may also be an https URL, a URL with a port, or empty. A bare host there is https without a
/// port or with 443, as HardlineP2P took it. Its directory is as it was written; see cache_directory.hpp.
ServiceFile parse_service_file(const std::filesystem::path& file, std::string_view text);
ServiceFile read_service_file(const std::filesystem::path& file);

struct ServiceDirectory {
  std::vector<ServiceFile> services;  ///< sorted by file name
  std::vector<ConfigError> errors;    ///< one for each broken file; the others stand
};

/// Reads every `*.ini` in `directory`; hidden files and editors' leavings are passed over. A directory that does not
/// exist holds no services; one that cannot be read throws ConfigError.
ServiceDirectory read_service_directory(const std::filesystem::path& directory);

}  // namespace hardline::store
