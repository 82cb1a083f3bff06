#include "hardline/base/origin_address.hpp"

namespace hardline {

std::string to_string(const OriginAddress& address) {
  if (const auto* local = std::get_if<UnixPath>(&address)) return "unix:" + local->path;
  return std::get<HostPort>(address).to_string();
}

}  // namespace hardline
