// Logging: one line an event on standard error, `part: what happened key=value …`. A line never holds a password
// or a full KEYHASH; a line that a stranger can provoke is debug level or goes through a Limiter.
#pragma once

#include <spdlog/spdlog.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hardline::log {

using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::warn;

/// `error`, `warn`, `info`, `debug` or `trace`.
std::optional<spdlog::level::level_enum> parse_level(std::string_view name);

/// Sets the process's logger up. Under systemd's journal (JOURNAL_STREAM is set, sd-daemon(3)) a line starts with
/// its priority, `<4>`, and has no time of its own; else it starts with the time and the level.
void init(spdlog::level::level_enum level);

/// A line that was logged at `warn` or above.
struct Problem {
  std::chrono::system_clock::time_point when;
  bool is_error = false;  ///< else a warning
  std::string text;       ///< as in the log: neither passwords nor full KEYHASHes
};

/// The last kMaxProblems of them since init(), whatever the level that was asked for; oldest first. From any thread.
inline constexpr std::size_t kMaxProblems = 20;
std::vector<Problem> recent_problems();

/// Lets one event through each period, so that a stranger cannot fill a disk. Says how many were held back.
class Limiter {
 public:
  explicit Limiter(std::chrono::steady_clock::duration period) : period_(period) {}

  /// Number of events held back since the last one let through, or nullopt to hold this one back too.
  std::optional<unsigned> admit(std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now());

 private:
  std::chrono::steady_clock::duration period_;
  std::optional<std::chrono::steady_clock::time_point> last_;
  unsigned held_back_ = 0;
};

}  // namespace hardline::log
