// Built instead of service_manager.cpp where there is no libsystemd (HARDLINE_SYSTEMD in CMakeLists.txt).
#include "service_manager.hpp"

namespace hardline::daemon {

bool has_service_manager() {
  return false;
}

void tell_ready(const std::string&) {}

void tell_reloading() {}

void tell_stopping(const std::string&) {}

}  // namespace hardline::daemon
