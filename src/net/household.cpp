#include "hardline/net/household.hpp"

#include <algorithm>

namespace hardline {

asio::ip::address household(const asio::ip::address& from) {
  if (!from.is_v6() || from.to_v6().is_v4_mapped()) return from;
  auto bytes = from.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), 0);
  return asio::ip::address_v6(bytes);
}

}  // namespace hardline
