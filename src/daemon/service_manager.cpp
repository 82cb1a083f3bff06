#include "service_manager.hpp"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <ctime>

namespace hardline::daemon {
namespace {

constexpr int kKeepEnvironment = 0;

/// A line break would begin another assignment.
std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

/// That nobody listens any more is no harm to the daemon.
void notify(const std::string& state) {
  ::sd_notify(kKeepEnvironment, state.c_str());
}

}  // namespace

bool has_service_manager() {
  return true;
}

void tell_ready(const std::string& status) {
  notify("READY=1\nSTATUS=" + one_line(status));
}

void tell_reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  // Newer systemd wants the time (Type=notify-reload); older ones pass over it.
  notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1'000'000LL + now.tv_nsec / 1000));
}

void tell_stopping(const std::string& status) {
  notify("STOPPING=1\nSTATUS=" + one_line(status));
}

}  // namespace hardline::daemon
