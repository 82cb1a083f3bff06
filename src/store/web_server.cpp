#include "web_server.hpp"

#include "hardline/base/ascii.hpp"
#include "hardline/base/ip_address.hpp"

namespace hardline::store {
namespace {

constexpr std::size_t kMaxUnixPath = 107;  // unix(7): sun_path has 108 octets, one of them for the final NUL
constexpr std::size_t kMaxHostName = 253;  // RFC 1035 2.3.4, written without the root's dot
constexpr std::size_t kMaxHostLabel = 63;

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

/// HardlineP2P's window wrote it into every file, and its cache took it for none.
constexpr std::uint16_t kOldDefaultPort = 80;

constexpr std::string_view kUnix = "unix:", kHttp = "http://", kHttps = "https://";

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

/// A host name or IP address, without its brackets; nullopt for anything else.
std::optional<std::string> parse_host(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  if (!IpAddress::parse(text) && !is_host_name(text)) return std::nullopt;
  return std::string(text);
}

bool takes_scheme(std::string_view& text, std::string_view scheme) {
  if (to_lower(text.substr(0, scheme.size())) != scheme) return false;
  text.remove_prefix(scheme.size());
  return true;
}

/// The one slash that names the whole server.
std::string_view without_slash(std::string_view text) {
  return text.ends_with('/') ? text.substr(0, text.size() - 1) : text;
}

UnixPath read_unix_path(const ServiceEntries& entries, const IniEntry& service) {
  auto path = service.value.substr(kUnix.size());
  if (!path.starts_with('/')) entries.refuse(service, "must give the socket's whole path, as in 'unix:/run/app.sock'");
  if (path.size() > kMaxUnixPath)
    entries.refuse(service,
                   "is too long: the path of a Unix socket has at most " + std::to_string(kMaxUnixPath) + " octets");
  if (const auto* port = entries.find("service", "port"))
    entries.refuse(*port, "has no meaning with 'unix:'; remove it");
  return UnixPath{std::move(path)};
}

std::optional<std::uint16_t> read_port(const ServiceEntries& entries) {
  const auto* port = entries.find("service", "port");
  if (!port) return std::nullopt;
  const auto number = parse_port(port->value);
  if (!number) entries.refuse(*port, "must be a number from 1 to 65535, not '" + port->value + "'");
  return number;
}

void refuse_verify(const ServiceEntries& entries) {
  if (!entries.flag("service", "verify", true))
    entries.refuse(*entries.find("service", "verify"),
                   "has no meaning here: only a cache of an https:// server verifies a certificate; remove it");
}

/// Host and port of an URL's authority, or of a host alone.
struct Authority {
  std::string host;
  std::optional<std::uint16_t> port;
};

Authority read_authority(const ServiceEntries& entries, const IniEntry& service, std::string_view text, bool is_url) {
  const auto wrong =
      "must be the web server alone: http://HOST, https://HOST, a host name or an IP address, with its "
      "port in 'port=', or unix:/path; without a path, query or user, as the whole server is cached; "
      "not '" +
      service.value + "'";
  const auto colon = text.rfind(':');
  const bool has_port =
      is_url && colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos && !parse_host(text);
  auto host = parse_host(has_port ? text.substr(0, colon) : text);
  if (!host) entries.refuse(service, wrong);
  if (!has_port) return {std::move(*host), std::nullopt};
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) entries.refuse(service, wrong);
  return {std::move(*host), port};
}

}  // namespace

OriginAddress read_origin_address(const ServiceEntries& entries) {
  refuse_verify(entries);
  const auto* service = entries.find("service", "service");
  if (!service) {
    entries.refuse_mistyped("service", "service");
    entries.refuse_mistyped("cache", "directory");
    throw ConfigError(entries.file(), 0, "service",
                      "is missing in [Service]; name the web server to publish, as in 'service=localhost', or the "
                      "folder, as in 'directory=/srv/photos' in [Cache]");
  }
  if (service->value.starts_with(kUnix)) return read_unix_path(entries, *service);

  std::string_view text = service->value;
  if (takes_scheme(text, kHttps))
    entries.refuse(*service,
                   "is an https server, which only a cache can fetch from: add a section [Cache] with directory=, the "
                   "folder for its copies; or give the host alone to have its plain HTTP port published");
  if (takes_scheme(text, kHttp)) text = without_slash(text);
  auto host = parse_host(text);
  if (!host)
    entries.refuse(*service,
                   "must be a host name, an IP address or unix:/path, with the port in 'port=' and no path, "
                   "not '" +
                       service->value + "'");
  const auto port = read_port(entries);
  if (!port) {
    entries.refuse_mistyped("service", "port");
    throw ConfigError(entries.file(), 0, "port",
                      "is missing in [Service]; give the web server's port, as in 'port=8080'");
  }
  return HostPort{std::move(*host), *port};
}

std::optional<Upstream> read_upstream(const ServiceEntries& entries) {
  const auto* service = entries.find("service", "service");
  if (!service) {
    entries.refuse_mistyped("service", "service");
    refuse_verify(entries);
    if (const auto port = read_port(entries); port && *port != kOldDefaultPort)
      entries.refuse(*entries.find("service", "port"),
                     "has no meaning without 'service=': the folder is all that is published; remove it, or name the "
                     "web server that the folder is a cache of");
    return std::nullopt;
  }
  if (service->value.starts_with(kUnix)) {
    refuse_verify(entries);
    return Upstream{read_unix_path(entries, *service)};
  }

  std::string_view text = service->value;
  const bool https = takes_scheme(text, kHttps);
  const bool http = !https && takes_scheme(text, kHttp);
  if (https || http) text = without_slash(text);
  auto authority = read_authority(entries, *service, text, https || http);
  auto port = read_port(entries);
  if ((https || http) && port == kOldDefaultPort) port.reset();
  if (port && authority.port && port != authority.port)
    entries.refuse(*entries.find("service", "port"),
                   "is not the port in 'service=" + service->value + "'; remove one of them");

  Upstream upstream;
  if (!authority.port) authority.port = port;
  // A bare host is https as in the old program, unless its port says otherwise.
  upstream.tls = https || (!http && authority.port.value_or(kHttpsPort) == kHttpsPort);
  if (upstream.tls)
    upstream.verify = entries.flag("service", "verify", true);
  else
    refuse_verify(entries);
  upstream.where = HostPort{std::move(authority.host), authority.port.value_or(upstream.tls ? kHttpsPort : kHttpPort)};
  return upstream;
}

}  // namespace hardline::store
