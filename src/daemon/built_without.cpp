#include "hardline/daemon/built_without.hpp"

#include "hardline/dashboard/qr_code.hpp"
#include "hardline/dht/dht_node.hpp"
#include "hardline/reach/gateway.hpp"
#include "service_manager.hpp"

namespace hardline::daemon {

std::vector<std::string> built_without() {
  std::vector<std::string> lacks;
  if (!dht::has_dht_node())
    lacks.emplace_back("OpenDHT: no DHT node of its own, the DHT is reached through proxies alone");
  if (!reach::has_nat_pmp()) lacks.emplace_back("libnatpmp: the router is asked by UPnP alone");
  if (!dashboard::has_qr_codes()) lacks.emplace_back("libqrencode: no QR codes");
  if (!has_service_manager()) lacks.emplace_back("libsystemd: a service manager is not told when it is ready");
  return lacks;
}

}  // namespace hardline::daemon
