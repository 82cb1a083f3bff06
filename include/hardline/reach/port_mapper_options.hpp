// By what the home router may be asked.
#pragma once

namespace hardline::reach {

struct PortMapperOptions {
  bool upnp = true;
  bool nat_pmp = true;
  bool pinholes = true;  ///< for IPv6, where a gateway offers them
};

}  // namespace hardline::reach
