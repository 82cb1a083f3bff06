#include "local_port.hpp"

#include "ask.hpp"

namespace hardline::cli {

std::uint16_t local_port_of_daemon(const daemon::Settings& settings) {
  const auto status = ask(settings, "/api/status");
  const auto& port = status.at("local_port");
  return port.is_null() ? daemon::kDefaultLocalPort : port.get<std::uint16_t>();
}

}  // namespace hardline::cli
