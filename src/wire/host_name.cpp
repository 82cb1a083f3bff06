#include "hardline/wire/host_name.hpp"

#include <algorithm>

#include "hardline/base/ascii.hpp"

namespace hardline::wire {
namespace {

constexpr std::string_view kLocalhost = "localhost";
constexpr std::size_t kMaxLabel = 63;  // RFC 1035 section 2.3.4
constexpr std::size_t kMaxPortDigits = 5;

/// Letters, digits, dashes and, as browsers take them, underscores.
bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= kMaxLabel && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '_';
  });
}

/// RFC 3986 section 3.2.3: digits, or none after the colon.
bool is_port(std::string_view text) {
  return text.size() <= kMaxPortDigits && std::all_of(text.begin(), text.end(), is_digit);
}

int port_number(std::string_view digits) {
  if (digits.empty()) return HostIsLabel().port;
  int number = 0;
  for (const char c : digits) number = number * 10 + (c - '0');
  return number;
}

}  // namespace

HostTarget parse_host(std::string_view host) {
  std::string_view port;
  const auto colon = host.find(':');
  if (colon != std::string_view::npos) {
    port = host.substr(colon + 1);
    if (!is_port(port)) return HostIsForeign{};
    host = host.substr(0, colon);
  }
  const bool ends_in_dot = host.ends_with('.');
  if (ends_in_dot) host.remove_suffix(1);

  const auto name = to_lower(host);
  if (name == kLocalhost) return HostIsLocalhost{};
  auto label = std::string_view(name);
  if (!label.ends_with(kLocalhost)) return HostIsForeign{};
  label.remove_suffix(kLocalhost.size());
  if (!label.ends_with('.')) return HostIsForeign{};
  label.remove_suffix(1);

  // First, because a service's label may be longer than DNS allows: old passwords have up to 23 characters.
  if (auto service = ServiceName::parse(label)) return *std::move(service);
  if (is_label(label)) return HostIsLabel{std::string(label), ends_in_dot, port_number(port)};
  return HostIsForeign{};
}

}  // namespace hardline::wire
