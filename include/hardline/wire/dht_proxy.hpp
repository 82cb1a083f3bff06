// What OpenDHT's REST proxy says and hears, in JSON (docs/protocol.md, "Across the internet").
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace hardline::wire {

/// Longest line or body that is read, in octets: four times what the longest value of use to us fills.
inline constexpr std::size_t kMaxProxyLine = 16 * 1024;

/// The octets of the value in one line of an answer to GET. nullopt if this is no such line, if its data is no base64,
/// or if the value has expired (`"expired":true`).
std::optional<std::string> parse_proxy_value(std::string_view line);

/// The body of a POST that puts `value`.
std::string format_proxy_put(std::string_view value);

/// What `GET /` or `GET /node/info` tells.
struct ProxyInfo {
  /// `public_ip`: where the proxy saw us come from, as an IP address without a port, an IPv4 one never as IPv6; empty
  /// if it does not say so.
  std::string public_address;
  unsigned good_nodes = 0;  ///< of both families; a proxy without any is no use
};
/// nullopt for what does not speak of an IPv4 or IPv6 network at all.
std::optional<ProxyInfo> parse_proxy_info(std::string_view body);

}  // namespace hardline::wire
