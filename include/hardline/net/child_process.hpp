// A helper program with its standard input and output as a stream, its standard error as lines for the log.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hardline/net/byte_stream.hpp"

namespace hardline {

/// Runs from start() until it ends by itself or the object goes, which kills it (SIGKILL). Either way what is left of
/// its process group is killed, and it is reaped; until then it keeps the io_context from running out of work. It gets
/// our environment, but no descriptor besides the three, every signal's default, and no terminal. It dies with the
/// thread that called start() (PR_SET_PDEATHSIG), which must be one that lives as long as the daemon: the io thread.
class ChildProcess {
 public:
  /// `command[0]` is a path. `on_error_line` gets each line of its standard error that is not empty, up to 4 KiB of it,
  /// on the io thread, the last ones in the destructor; it must not end this object. An error if it cannot be started:
  /// ENOENT where there is no such program. Waits for the program to be loaded.
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
