// The daemon: owns every long-lived part in the order they depend on each other, starts them, and ends them in turn.
#pragma once

#include <memory>

#include "hardline/daemon/settings.hpp"

namespace hardline::daemon {

class Daemon {
 public:
  /// Opens everything that can fail at start-up. Throws std::exception with a sentence for a person.
  explicit Daemon(Settings settings);
  ~Daemon();

  /// Runs until SIGINT or SIGTERM and returns the exit status. SIGHUP reads the service files again; a second
  /// SIGINT or SIGTERM cuts the grace of open sessions short.
  int run();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace hardline::daemon
