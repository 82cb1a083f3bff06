#include "hardline/base/ip_address.hpp"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>

namespace hardline {
namespace {

/// What Linux lets an interface be called (dev_valid_name() in its net/core/dev.c), without what is no ASCII.
bool is_interface_name(std::string_view text) {
  return !text.empty() && text.size() < IF_NAMESIZE && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < '\x7F' && c != '/' && c != ':' && c != '%';
  });
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const auto percent = text.find('%');
  const std::string literal(text.substr(0, percent));
  if (literal.find('\0') != std::string::npos) return std::nullopt;  // where inet_pton() would stop, content
  IpAddress address;
  address.v6 = literal.find(':') != std::string::npos;
  if (inet_pton(address.v6 ? AF_INET6 : AF_INET, literal.c_str(), address.octets.data()) != 1) return std::nullopt;
  if (percent == std::string_view::npos) return address;
  address.scope = text.substr(percent + 1);
  if (!address.v6 || !is_interface_name(address.scope)) return std::nullopt;
  return address;
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> written{};
  inet_ntop(v6 ? AF_INET6 : AF_INET, octets.data(), written.data(), written.size());
  return scope.empty() ? written.data() : written.data() + ('%' + scope);
}

bool IpAddress::is_unspecified() const {
  return std::all_of(octets.begin(), octets.end(), [](unsigned char octet) { return octet == 0; });
}

bool IpAddress::is_multicast() const {
  return v6 ? octets[0] == 0xFF : (octets[0] & 0xF0) == 0xE0;
}

}  // namespace hardline
