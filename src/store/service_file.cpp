#include "hardline/store/service_file.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "hardline/base/ascii.hpp"
#include "hardline/rt/asio.hpp"
#include "hardline/store/file.hpp"
#include "hardline/store/ini.hpp"
#include "hardline/store/spelling.hpp"

namespace hardline::store {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMaxUnixPath = 107;  // unix(7): sun_path has 108 octets, one of them for the final NUL
constexpr std::size_t kMaxHostName = 253;  // RFC 1035 2.3.4, written without the root's dot
constexpr std::size_t kMaxHostLabel = 63;

/// A key as it is documented; sections and keys are compared in lower case.
struct KnownKey {
  std::string_view section;
  std::string_view key;
};

constexpr std::array kKnownKeys{
    KnownKey{"Service", "service"},
    KnownKey{"Service", "port"},
    KnownKey{"Service", "certfile"},
    KnownKey{"Info", "title"},
    KnownKey{"Info", "listed"},
    KnownKey{"Access", "hidepassword"},
    KnownKey{"Access", "useDHT"},
    KnownKey{"Cache", "directory"},
    KnownKey{"Cache", "maxAge"},
    KnownKey{"Cache", "maxSize"},
    KnownKey{"Cache", "allowListing"},
    KnownKey{"Cache", "dynamicContent"},
    KnownKey{"Cache", "downloadRateLimit"},
};

bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > kMaxHostName) return false;
  std::size_t label = 0;
  for (const char c : host) {
    const bool of_label =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!of_label && (c != '.' || label == 0)) return false;
    label = of_label ? label + 1 : 0;
    if (label > kMaxHostLabel) return false;
  }
  return true;
}

/// One file's entries, with the words for what is wrong with them.
class Settings {
 public:
  Settings(const fs::path& file, std::vector<IniEntry> entries) : file_(file), entries_(std::move(entries)) {}

  /// The entry, or nullptr where it is missing or empty: an empty value means the default, as old files have it.
  const IniEntry* find(std::string_view section, std::string_view key) const {
    for (const auto& entry : entries_)
      if (entry.section == section && entry.key == key && !entry.value.empty()) return &entry;
    return nullptr;
  }

  std::string text(std::string_view section, std::string_view key, std::string otherwise) const {
    const auto* entry = find(section, key);
    return entry ? entry->value : std::move(otherwise);
  }

  bool flag(std::string_view section, std::string_view key, bool otherwise) const {
    const auto* entry = find(section, key);
    return entry ? ini_bool(file_, *entry) : otherwise;
  }

  std::map<std::string, std::string> section(std::string_view name) const {
    std::map<std::string, std::string> values;
    for (const auto& entry : entries_)
      if (entry.section == name) values.emplace(entry.key, entry.value);
    return values;
  }

  OriginAddress origin() const;
  std::vector<std::string> warnings() const;

 private:
  [[noreturn]] void refuse(const IniEntry& entry, std::string problem) const {
    throw ConfigError(file_, entry.line, entry.key, std::move(problem));
  }
  /// A key of [Service] that must be there; where it was only mistyped, that is what is said.
  [[noreturn]] void refuse_missing(std::string key, std::string problem) const {
    const std::array<std::string_view, 1> wanted{key};
    for (const auto& entry : entries_)
      if (entry.section == "service" && entry.key != key && !closest(entry.key, wanted).empty())
        refuse(entry, "is not known; did you mean '" + key + "='?");
    throw ConfigError(file_, 0, std::move(key), std::move(problem));
  }

  UnixPath unix_path(const IniEntry& service) const;
  std::string host(const IniEntry& service) const;

  const fs::path& file_;
  std::vector<IniEntry> entries_;
};

OriginAddress Settings::origin() const {
  const auto* service = find("service", "service");
  if (!service && find("cache", "directory"))
    refuse_missing("service", "is empty: services that come from the cache alone are not supported by this version");
  if (!service)
    refuse_missing("service", "is missing in [Service]; write the web server to publish, as in 'service=localhost'");
  if (service->value.starts_with("unix:")) return unix_path(*service);

  auto host_name = host(*service);
  const auto* port = find("service", "port");
  if (!port) refuse_missing("port", "is missing in [Service]; write the web server's port, as in 'port=8080'");
  const auto number = parse_port(port->value);
  if (!number) refuse(*port, "must be a number from 1 to 65535, not '" + port->value + "'");
  return HostPort{std::move(host_name), *number};
}

UnixPath Settings::unix_path(const IniEntry& service) const {
  auto path = service.value.substr(std::string_view("unix:").size());
  if (!path.starts_with('/')) refuse(service, "must give the socket's whole path, as in 'unix:/run/app.sock'");
  if (path.size() > kMaxUnixPath)
    refuse(service, "is too long: the path of a Unix socket has at most " + std::to_string(kMaxUnixPath) + " octets");
  if (const auto* port = find("service", "port")) refuse(*port, "has no meaning with 'unix:'; remove it");
  return UnixPath{std::move(path)};
}

std::string Settings::host(const IniEntry& service) const {
  constexpr std::string_view kHttp = "http://", kHttps = "https://";
  std::string_view host = service.value;
  const auto scheme = to_lower(host.substr(0, kHttps.size()));
  if (scheme == kHttps)
    refuse(service,
           "is an https origin, which needs the cache, and that comes with a later version; give the host alone "
           "to have its plain HTTP port published");
  if (scheme.starts_with(kHttp)) {
    host.remove_prefix(kHttp.size());
    if (host.ends_with('/')) host.remove_suffix(1);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);

  boost::system::error_code no_address;
  boost::asio::ip::make_address(host, no_address);
  if (no_address && !is_host_name(host))
    refuse(service, "must be a host name, an IP address or unix:/path, with the port in 'port=' and no path, not '" +
                        service.value + "'");
  return std::string(host);
}

std::vector<std::string> Settings::warnings() const {
  std::vector<std::string> warnings;
  const auto warn = [&](const IniEntry& entry, const std::string& what, const std::string& meant) {
    auto text = file_.string() + ":" + std::to_string(entry.line) + ": " + what + " is not known and has no effect";
    if (!meant.empty()) text += "; did you mean " + meant + "?";
    warnings.push_back(std::move(text));
  };
  std::string unknown_section;
  for (const auto& entry : entries_) {
    std::vector<std::string_view> sections, keys;
    std::string elsewhere;
    for (const auto& known : kKnownKeys) {
      sections.push_back(known.section);
      if (to_lower(known.section) == entry.section) keys.push_back(known.key);
      if (to_lower(known.key) == entry.key)
        elsewhere = std::string(known.key) + "= in [" + std::string(known.section) + "]";
    }
    if (keys.empty()) {
      if (std::exchange(unknown_section, entry.section) == entry.section) continue;
      const auto meant = closest(entry.section, sections);
      warn(entry, "the section [" + entry.section + "]", meant.empty() ? "" : "[" + std::string(meant) + "]");
    } else if (std::none_of(keys.begin(), keys.end(), [&](auto key) { return to_lower(key) == entry.key; })) {
      const auto meant = closest(entry.key, keys);
      warn(entry, "'" + entry.key + "'", meant.empty() ? elsewhere : std::string(meant) + "=");
    }
  }
  return warnings;
}

ServiceFile make_service_file(const fs::path& given, auto read_entries) {
  ServiceFile service;
  service.file = fs::absolute(given).lexically_normal();
  const Settings settings(service.file, read_entries(service.file));
  service.origin = settings.origin();
  const auto certfile = settings.text("service", "certfile", service.file.filename().string() + ".cert");
  service.certfile = (service.file.parent_path() / certfile).lexically_normal();
  service.title = settings.text("info", "title", service.file.stem().string());
  service.listed = settings.flag("info", "listed", service.listed);
  service.hide_password = settings.flag("access", "hidepassword", service.hide_password);
  service.use_dht = settings.flag("access", "usedht", service.use_dht);
  service.cache = settings.section("cache");
  service.warnings = settings.warnings();
  return service;
}

}  // namespace

ServiceFile parse_service_file(const fs::path& file, std::string_view text) {
  return make_service_file(file, [&](const fs::path& absolute) { return parse_ini(absolute, text); });
}

ServiceFile read_service_file(const fs::path& file) {
  return make_service_file(file, read_ini);
}

ServiceDirectory read_service_directory(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (name.ends_with(".ini") && !name.starts_with('.')) files.push_back(entry->path());
  }
  if (error && error != std::errc::no_such_file_or_directory)
    throw ConfigError(directory, 0, "", "cannot be read: " + error.message());
  std::sort(files.begin(), files.end());

  ServiceDirectory result;
  for (const auto& file : files) {
    try {
      result.services.push_back(read_service_file(file));
    } catch (const ConfigError& e) {
      result.errors.push_back(e);
    }
  }
  return result;
}

}  // namespace hardline::store
