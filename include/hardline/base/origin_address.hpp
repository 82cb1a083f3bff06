// Where a published service's bytes come from, as a service file or the command line says it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "hardline/base/host_port.hpp"

namespace hardline {

struct UnixPath {
  std::string path;  ///< absolute; at most 107 octets (unix(7))
  friend bool operator==(const UnixPath&, const UnixPath&) = default;
};

using OriginAddress = std::variant<HostPort, UnixPath>;

/// `192.0.2.1:80`, `[::1]:80` or `unix:/path`, for people.
std::string to_string(const OriginAddress& address);

}  // namespace hardline
