#include "hardline/http/url.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include "hardline/base/ascii.hpp"

namespace hardline::http {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

/// RFC 3986's pchar, or `/`; a `%` is looked at by is_path().
constexpr bool is_path_character(char c) {
  return is_alpha(c) || is_digit(c) || std::string_view("-._~!$&'()*+,;=:@/%").find(c) != std::string_view::npos;
}

bool is_path(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_path_character(text[i])) return false;
    if (text[i] == '%' && (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2]))) return false;
  }
  return true;
}

bool is_host(const std::string& host) {
  in6_addr ignored;
  if (host.find(':') != std::string::npos) return inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
  return std::all_of(host.begin(), host.end(),
                     [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_'; });
}

/// `host`, `host:port`, `[address]` or `[address]:port`.
std::optional<HostPort> parse_authority(std::string_view text, std::uint16_t default_port) {
  const auto last_colon = text.rfind(':');
  const auto bracket = text.rfind(']');
  const bool has_port =
      last_colon != std::string_view::npos && (bracket == std::string_view::npos || last_colon > bracket);
  auto where = HostPort::parse(has_port ? std::string(text) : std::string(text) + ':' + std::to_string(default_port));
  if (!where || !is_host(where->host)) return std::nullopt;
  where->host = to_lower(where->host);
  return where;
}

/// Takes `scheme://` off `text`, whatever its case.
bool take_scheme(std::string_view& text, std::string_view scheme) {
  if (to_lower(text.substr(0, scheme.size())) != scheme) return false;
  text.remove_prefix(scheme.size());
  return true;
}

}  // namespace

std::optional<Url> Url::parse(std::string_view text) {
  Url url;
  url.tls = take_scheme(text, "https://");
  if (!url.tls) take_scheme(text, "http://");
  const auto path_begins = std::min(text.find('/'), text.size());
  auto path = text.substr(path_begins);
  auto where = parse_authority(text.substr(0, path_begins), url.tls ? kHttpsPort : kHttpPort);
  if (!where || !is_path(path)) return std::nullopt;
  while (path.ends_with('/')) path.remove_suffix(1);
  url.where = *std::move(where);
  url.path = path.empty() ? "/" : path;
  return url;
}

std::string Url::to_string() const {
  auto text = std::string(tls ? "https://" : "http://") + where.to_string();
  if (where.port == (tls ? kHttpsPort : kHttpPort)) text.erase(text.rfind(':'));
  if (path != "/") text += path;
  return text;
}

}  // namespace hardline::http
