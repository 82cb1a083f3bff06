// Asks the running daemon, over its control socket (docs/api.md).
#pragma once

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace hardline::app {

/// There is no daemon to ask, or none that may be asked or answers; what() is a sentence with what to do.
class NoDaemon : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct DaemonAnswer {
  int status = 0;    ///< of HTTP
  std::string body;  ///< JSON
};

/// GET `target`. Blocks, for `limit` at most. Throws NoDaemon.
DaemonAnswer ask_daemon(const std::filesystem::path& socket, const std::string& target,
                        std::chrono::steady_clock::duration limit);

}  // namespace hardline::app
