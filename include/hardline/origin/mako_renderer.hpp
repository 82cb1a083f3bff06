// Renders Mako templates, which are Python, in helper processes of the system's python3-mako.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "hardline/rt/asio.hpp"
#include "hardline/rt/event.hpp"

namespace hardline::origin {

struct MakoOptions {
  std::string python = "/usr/bin/python3";
  std::chrono::steady_clock::duration limit = std::chrono::seconds(30);  ///< for one template, its waiting included
  std::size_t most_helpers = 2;                                          ///< that render side by side
  std::size_t most_waiting = 64;                                         ///< requests beyond those
};

struct Rendered {
  enum class Outcome {
    done,
    failed,       ///< 500: the template raised an exception, or was too slow; `text` is one line for the visitor
    busy,         ///< 503: too many wait already
    unavailable,  ///< 501: there is no Mako, or no Python; the log names the package
  };
  Outcome outcome = Outcome::failed;
  std::string text;  ///< the page, or the reason
};

/// Helpers start with the first request, live on, and are started anew when they die or were too slow. io thread only.
class MakoRenderer {
 public:
  /// `folder` is absolute: templates are looked up in it, so that they can include and inherit each other.
  MakoRenderer(Executor executor, std::filesystem::path folder, MakoOptions options = {});
  MakoRenderer(const MakoRenderer&) = delete;
  MakoRenderer& operator=(const MakoRenderer&) = delete;
  ~MakoRenderer();

  /// Renders the template `name`, relative to the folder (`foo/bar@mako`), with the variables `path`, the request's
  /// target, and `__file__`, the template's absolute path, as HardlineP2P does.
  awaitable<Rendered> render(std::string name, std::string path);

  /// Ends the helpers; who waits gets `failed` soon.
  void close();

 private:
  class Helper;
  Executor executor_;
  std::filesystem::path folder_;
  MakoOptions options_;
  std::vector<std::unique_ptr<Helper>> idle_;
  std::size_t running_ = 0;
  std::size_t waiting_ = 0;
  bool closed_ = false;
  Event freed_;
};

}  // namespace hardline::origin
