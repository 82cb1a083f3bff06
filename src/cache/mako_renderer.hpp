// Renders Mako templates, which are Python, in helper processes of the system's python3-mako.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "hardline/rt/asio.hpp"

namespace hardline::cache {

/// Octets of the largest page. A larger one is not what templates are for, and is held in memory as a whole.
inline constexpr std::size_t kMaxRenderedPage = 16 * 1024 * 1024;

struct MakoOptions {
  std::string python = "/usr/bin/python3";
  std::chrono::steady_clock::duration limit = std::chrono::seconds(30);  ///< for one template, its waiting included
  std::size_t most_helpers = 2;                                          ///< that render side by side
  std::size_t most_waiting = 64;                                         ///< requests beyond those
  /// Where there is no Mako, or no Python, it is looked for again after as long.
  std::chrono::steady_clock::duration look_again = std::chrono::seconds(30);
};

struct Rendered {
  enum class Outcome {
    done,
    failed,       ///< 500: the template raised an exception, or was too slow; `text` is one line for the visitor
    busy,         ///< 503: too many wait already, or the others took all of the time
    unavailable,  ///< 501: there is no Mako, or no Python; the log names the package
  };
  Outcome outcome = Outcome::failed;
  std::string text;  ///< the page in UTF-8, or the reason, which is still to be escaped for HTML
};

/// Helpers start with the first request, live on, and are started anew when they die or were too slow. Templates are
/// looked at again when they have changed. What they print goes to the log. io thread only.
class MakoRenderer {
 public:
  /// `folder` is absolute: templates are looked up in it, so that they can include and inherit each other.
  MakoRenderer(Executor executor, std::filesystem::path folder, MakoOptions options = {});
  MakoRenderer(const MakoRenderer&) = delete;
  MakoRenderer& operator=(const MakoRenderer&) = delete;
  ~MakoRenderer();

  /// Renders the template `name`, relative to the folder (`foo/bar@mako`), with the variables `path`, the request's
  /// target, and `__file__`, the template's absolute path, as HardlineP2P does. May outlive the renderer.
  awaitable<Rendered> render(std::string name, std::string path);

  /// Ends the helpers, which keep the io_context from running out of work; who waits gets `failed` soon.
  void close();

 private:
  class Helper;
  struct State;
  class Turn;
  static awaitable<Rendered> run(std::shared_ptr<State> state, std::string name, std::string path);
  static awaitable<Rendered> run_on_helper(std::shared_ptr<State> state, std::string name, std::string path,
                                           std::chrono::steady_clock::time_point deadline);

  std::shared_ptr<State> state_;  ///< shared with those who wait
};

}  // namespace hardline::cache
