// A helper program with its standard input and output as a stream, its standard error as lines for the log.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hardline/rt/byte_stream.hpp"

namespace hardline {

/// Runs from start() until it ends by itself or the object goes, which kills it (SIGKILL, it and its process group) and
/// reaps it. It gets no descriptor of ours but the three, our signals' defaults, and dies with us (PR_SET_PDEATHSIG).
class ChildProcess {
 public:
  /// `command[0]` is a path. `on_error_line` gets each line of its standard error, at most 4 KiB long, on the io
  /// thread. An error if it cannot be started: ENOENT where there is no such program.
  static Result<std::unique_ptr<ChildProcess>> start(Executor executor, std::vector<std::string> command,
                                                     std::function<void(std::string_view)> on_error_line);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  /// What is written is its input, what is read its output. The end of it is the end of the process.
  ByteStream& stream();

 private:
  struct State;
  explicit ChildProcess(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace hardline
