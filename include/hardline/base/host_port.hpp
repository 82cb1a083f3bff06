// A host name or address with a TCP port, as people and peers write it.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hardline {

/// A TCP port in decimal, 1 to 65535; anything else is nullopt.
std::optional<std::uint16_t> parse_port(std::string_view text);

struct HostPort {
  std::string host;  ///< without brackets, also for IPv6
  std::uint16_t port = 0;

  /// `host:port`, `203.0.113.7:7008` or `[2001:db8::1]:7008`. The host is 1 to 253 characters and is not looked up.
  static std::optional<HostPort> parse(std::string_view text);

  /// The inverse: an IPv6 address gets its brackets.
  std::string to_string() const;

  friend auto operator<=>(const HostPort&, const HostPort&) = default;
};

}  // namespace hardline
