// A literal IP address as text and as octets, for parsers that must not depend on Asio.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace hardline {

struct IpAddress {
  bool v6 = false;
  std::array<unsigned char, 16> octets{};  ///< in the network's order; the first four of IPv4
  std::string scope;  ///< the interface of an IPv6 address, as in `fe80::1%eth0` (RFC 4007 section 11); empty for none

  /// As inet_pton(3) reads it, without brackets. A scope is 1 to 15 characters that an interface's name may have.
  static std::optional<IpAddress> parse(std::string_view text);

  /// As inet_ntop(3) writes it, with the scope where there is one.
  std::string to_string() const;

  bool is_unspecified() const;  ///< 0.0.0.0 or ::
  bool is_multicast() const;    ///< RFC 5771 section 3, RFC 4291 section 2.7

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

}  // namespace hardline
