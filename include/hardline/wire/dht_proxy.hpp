// What OpenDHT's REST proxy says and hears, in JSON (PROTOCOL: WAN).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hardline::wire {

/// One line of an answer to GET: the value's octets. nullopt for what is no such line, or whose data is no base64; an
/// expired value (`"expired":true`) is none either.
std::optional<std::string> parse_proxy_value(std::string_view line);

/// The body of a POST that puts `value`.
std::string format_proxy_put(std::string_view value);

/// What `GET /` or `GET /node/info` tells.
struct ProxyInfo {
  std::string
      public_address;  ///< `public_ip`: where the proxy saw us come from, as an IP address without a port; may be empty
  unsigned good_nodes = 0;  ///< of both families; a proxy without any is no use
};
std::optional<ProxyInfo> parse_proxy_info(std::string_view body);

}  // namespace hardline::wire
