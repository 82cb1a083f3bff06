#include "local_port.hpp"

#include "ask.hpp"

namespace hardline::app {

std::uint16_t local_port_of_daemon(const Settings& settings) {
  const auto status = ask(settings, "/api/status");
  const auto& port = status.at("local_port");
  return port.is_null() ? kDefaultLocalPort : port.get<std::uint16_t>();
}

}  // namespace hardline::app
