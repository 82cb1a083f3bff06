#include "hardline/net/default_routes.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

namespace hardline {
namespace {

struct Route {
  asio::ip::address_v4 router;
  unsigned metric;
};

std::optional<Route> parse_default_route(const std::string& line) {
  std::istringstream fields(line);
  std::string interface;
  std::uint32_t destination = 0, router = 0, mask = 0;  // hexadecimal, in the order of the machine's memory
  unsigned flags = 0, references = 0, uses = 0, metric = 0;
  fields >> interface >> std::hex >> destination >> router >> flags >> std::dec >> references >> uses >> metric;
  fields >> std::hex >> mask;
  if (!fields || destination != 0 || mask != 0 || router == 0) return std::nullopt;
  return Route{asio::ip::address_v4(ntohl(router)), metric};
}

}  // namespace

std::vector<asio::ip::address_v4> parse_default_routers(std::istream& table) {
  std::vector<Route> routes;
  for (std::string line; std::getline(table, line);)
    if (const auto route = parse_default_route(line)) routes.push_back(*route);
  std::stable_sort(routes.begin(), routes.end(), [](const auto& a, const auto& b) { return a.metric < b.metric; });
  std::vector<asio::ip::address_v4> routers;
  for (const auto& route : routes)
    if (std::find(routers.begin(), routers.end(), route.router) == routers.end()) routers.push_back(route.router);
  return routers;
}

std::vector<asio::ip::address_v4> default_routers() {
  std::ifstream table("/proc/thread-self/net/route");  // /proc/net is the first thread's, which may be elsewhere
  return parse_default_routers(table);
}

}  // namespace hardline
