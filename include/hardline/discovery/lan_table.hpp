// What LAN discovery knows and decides, without sockets and without a clock of its own: whom to answer, what was heard.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hardline/base/service_name.hpp"
#include "hardline/rt/asio.hpp"
#include "hardline/wire/lpd.hpp"

namespace hardline::discovery {

/// How long an announcement counts.
inline constexpr auto kHeardFor = std::chrono::seconds(90);

/// A published service as the LAN is told of it.
struct LanService {
  ServiceName name;      ///< without its password where `hidepassword` says so
  std::string title;
  bool listed = true;    ///< answer the empty search
};

struct HeardService {
  ServiceName name;
  std::string title;  ///< hostile text
  tcp::endpoint endpoint;
  std::chrono::steady_clock::time_point heard;
};

}  // namespace hardline::discovery
