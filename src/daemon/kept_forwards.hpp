// The local ports that the daemon keeps for as long as it runs: [Forward] ports= (docs/configuration.md).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "hardline/daemon/forward_setting.hpp"
#include "hardline/rt/task_group.hpp"
#include "hardline/tunnel/port_forward.hpp"

namespace hardline::daemon {

/// io thread only.
class KeptForwards {
 public:
  /// What a name means now.
  using Resolve = std::function<std::optional<ServiceName>(std::string_view name)>;

  explicit KeptForwards(Resolve resolve) : resolve_(std::move(resolve)) {}

  /// Opens each port and accepts there. One that cannot be had is an error in the log; the others stand. Spawns into
  /// `tasks`, which must be joined before this goes.
  void start(const std::vector<ForwardSetting>& settings, tunnel::TunnelTools tools, TaskGroup& tasks);

  /// Accepts no more. Open connections go on.
  void stop();

  void check_paths();
  void close_all();
  /// SessionRegistry::finish() of all of them, side by side.
  awaitable<void> finish(std::chrono::steady_clock::duration grace);

 private:
  Resolve resolve_;
  std::vector<std::unique_ptr<tunnel::PortForward>> forwards_;
};

}  // namespace hardline::daemon
