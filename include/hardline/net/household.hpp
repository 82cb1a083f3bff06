// Who counts as one stranger.
#pragma once

#include "hardline/rt/asio.hpp"

namespace hardline {

/// An IPv4 address itself, and an IPv6 address's /64, which is what one household has and can spend as it likes.
asio::ip::address household(const asio::ip::address& from);

}  // namespace hardline
