#include "hardline/wire/dht_proxy.hpp"

#include <arpa/inet.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <limits>

#include "hardline/base/host_port.hpp"
#include "hardline/base/json.hpp"

namespace hardline::wire {
namespace {

using nlohmann::json;

/// OpenDHT's type of values that live ten minutes (docs/protocol.md, "Across the internet").
constexpr int kImMessageType = 3;

/// OpenDHT pads and uses `+` and `/`; what stands in front of a proxy may have been written by somebody else.
std::optional<std::string> decode_base64(std::string_view text) {
  const bool padded = text.ends_with('=');
  const bool for_urls = text.find_first_of("-_") != std::string_view::npos;
  const int variant = for_urls ? (padded ? sodium_base64_VARIANT_URLSAFE : sodium_base64_VARIANT_URLSAFE_NO_PADDING)
                               : (padded ? sodium_base64_VARIANT_ORIGINAL : sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
  std::string octets(text.size() / 4 * 3 + 3, '\0');
  std::size_t length = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(octets.data()), octets.size(), text.data(), text.size(),
                        nullptr, &length, nullptr, variant) != 0)
    return std::nullopt;
  octets.resize(length);
  return octets;
}

std::string encode_base64(std::string_view octets) {
  std::string text(sodium_base64_encoded_len(octets.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(octets.data()), octets.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // its NUL
  return text;
}

/// An IP address as inet_ntop(3) writes it, an IPv4 address inside of IPv6 (RFC 4291 section 2.5.5.2) as IPv4.
std::optional<std::string> canonical_address(const std::string& text) {
  std::array<char, INET6_ADDRSTRLEN> written{};
  in_addr ipv4;
  if (inet_pton(AF_INET, text.c_str(), &ipv4) == 1) return inet_ntop(AF_INET, &ipv4, written.data(), written.size());
  in6_addr ipv6;
  if (inet_pton(AF_INET6, text.c_str(), &ipv6) != 1) return std::nullopt;
  if (IN6_IS_ADDR_V4MAPPED(&ipv6)) return inet_ntop(AF_INET, &ipv6.s6_addr[12], written.data(), written.size());
  return inet_ntop(AF_INET6, &ipv6, written.data(), written.size());
}

/// An address alone, as proxies since 2.0 write it; or with a port, as older ones do.
std::optional<std::string> address_without_port(const std::string& text) {
  if (auto alone = canonical_address(text)) return alone;
  const auto with_port = HostPort::parse(text);
  return with_port ? canonical_address(with_port->host) : std::nullopt;
}

/// `info[family]["good"]`, 0 where it makes no sense.
unsigned good_nodes(const json& info, const char* family) {
  const auto stats = info.find(family);
  if (stats == info.end() || !stats->is_object()) return 0;
  const auto good = stats->find("good");
  if (good == stats->end() || !good->is_number_unsigned()) return 0;
  constexpr std::uint64_t kMost = std::numeric_limits<unsigned>::max() / 2;  // two of them can be added
  return static_cast<unsigned>(std::min(good->get<std::uint64_t>(), kMost));
}

}  // namespace

std::optional<std::string> parse_proxy_value(std::string_view line) {
  if (line.size() > kMaxProxyLine) return std::nullopt;
  const auto object = parse_json_object(line);
  if (!object) return std::nullopt;
  const auto expired = object->find("expired");
  if (expired != object->end() && *expired != false) return std::nullopt;
  const auto data = object->find("data");
  if (data == object->end() || !data->is_string()) return std::nullopt;
  return decode_base64(data->get_ref<const std::string&>());
}

std::string format_proxy_put(std::string_view value) {
  json object = {{"data", encode_base64(value)}, {"type", kImMessageType}};
  return object.dump();
}

std::optional<ProxyInfo> parse_proxy_info(std::string_view body) {
  if (body.size() > kMaxProxyLine) return std::nullopt;
  const auto object = parse_json_object(body);
  if (!object || (!object->contains("ipv4") && !object->contains("ipv6"))) return std::nullopt;
  ProxyInfo info;
  info.good_nodes = good_nodes(*object, "ipv4") + good_nodes(*object, "ipv6");
  const auto address = object->find("public_ip");
  if (address != object->end() && address->is_string())
    info.public_address = address_without_port(address->get_ref<const std::string&>()).value_or("");
  return info;
}

}  // namespace hardline::wire
