#include "hardline/net/address_scope.hpp"

#include <algorithm>
#include <array>

namespace hardline {
namespace {

using asio::ip::address_v4;
using asio::ip::address_v6;

struct Block4 {
  std::uint32_t network;
  unsigned prefix;
};

/// Not globally reachable (IANA IPv4 Special-Purpose Address Registry), and multicast.
constexpr std::array<Block4, 15> kSpecial4{{
    {0x00000000, 8},   // this network, RFC 791
    {0x0A000000, 8},   // private, RFC 1918
    {0x64400000, 10},  // between carrier-grade NAT and customers, RFC 6598
    {0x7F000000, 8},   // loopback, RFC 1122
    {0xA9FE0000, 16},  // link-local, RFC 3927
    {0xAC100000, 12},  // private, RFC 1918
    {0xC0000000, 24},  // protocol assignments, RFC 6890
    {0xC0000200, 24},  // documentation, RFC 5737
    {0xC0586300, 24},  // 6to4 relay anycast, deprecated by RFC 7526
    {0xC0A80000, 16},  // private, RFC 1918
    {0xC6120000, 15},  // benchmarking, RFC 2544
    {0xC6336400, 24},  // documentation, RFC 5737
    {0xCB007100, 24},  // documentation, RFC 5737
    {0xE0000000, 4},   // multicast, RFC 5771
    {0xF0000000, 4},   // reserved, RFC 1112; broadcast
}};

bool is_in(const address_v4& address, const Block4& block) {
  return (address.to_uint() ^ block.network) >> (32 - block.prefix) == 0;
}

bool is_global_unicast(const address_v4& address) {
  return std::none_of(kSpecial4.begin(), kSpecial4.end(), [&](const Block4& block) { return is_in(address, block); });
}

bool is_global_unicast(const address_v6& address) {
  const auto octet = address.to_bytes();
  const bool allocated = (octet[0] & 0xe0) == 0x20;                               // 2000::/3, RFC 4291
  const bool assignments = octet[0] == 0x20 && octet[1] == 0x01 && octet[2] < 2;  // 2001::/23 with Teredo, RFC 2928
  const bool documentation = octet[0] == 0x20 && octet[1] == 0x01 && octet[2] == 0x0d && octet[3] == 0xb8;  // RFC 3849
  const bool documentation20 = octet[0] == 0x3f && octet[1] == 0xff && octet[2] < 0x10;  // 3fff::/20, RFC 9637
  const bool six_to_four = octet[0] == 0x20 && octet[1] == 0x02;                         // RFC 7526
  return allocated && !assignments && !documentation && !documentation20 && !six_to_four;
}

}  // namespace

asio::ip::address unmapped(const asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

bool is_global_unicast(const asio::ip::address& address) {
  return address.is_v4() ? is_global_unicast(address.to_v4()) : is_global_unicast(address.to_v6());
}

bool is_yggdrasil(const asio::ip::address& address) {
  return address.is_v6() && (address.to_v6().to_bytes()[0] & 0xfe) == 0x02;
}

bool is_private(const asio::ip::address& address) {
  if (address.is_v6()) return (address.to_v6().to_bytes()[0] & 0xfe) == 0xfc;
  constexpr std::array<Block4, 3> blocks{{{0x0A000000, 8}, {0xAC100000, 12}, {0xC0A80000, 16}}};
  const auto v4 = address.to_v4();
  return std::any_of(blocks.begin(), blocks.end(), [&](const Block4& block) { return is_in(v4, block); });
}

bool is_carrier_grade_nat(const asio::ip::address& address) {
  return address.is_v4() && is_in(address.to_v4(), {0x64400000, 10});
}

}  // namespace hardline
