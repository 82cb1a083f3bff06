#include "hardline/net/child_process.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "hardline/base/log.hpp"
#include "hardline/base/unique_fd.hpp"
#include "hardline/net/socket_stream.hpp"

namespace hardline {
namespace {

/// As much of a line is shown; what follows is left out up to its end.
constexpr std::size_t kMaxErrorLine = 4096;
/// What a pipe holds (pipe(7)): as much may still be unread when the process is gone.
constexpr std::size_t kPipeSize = 64 * 1024;
/// A killed process goes at once, unless the kernel is busy for it. Reached only when the io_context itself goes.
constexpr int kReapMilliseconds = 1000;

struct Ends {
  UniqueFd ours;
  UniqueFd theirs;
};

/// A descriptor above the three that the child's dup2() overwrites, should ours be closed.
Result<UniqueFd> above_standard(int fd) {
  UniqueFd low(fd);
  if (fd > STDERR_FILENO) return low;
  UniqueFd high(::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!high) return fail(last_error());
  return high;
}

Result<Ends> above_standard(const std::array<int, 2>& pair) {
  auto ours = above_standard(pair[0]);
  auto theirs = above_standard(pair[1]);
  if (!ours) return fail(ours.error());
  if (!theirs) return fail(theirs.error());
  return Ends{std::move(*ours), std::move(*theirs)};
}

Result<Ends> make_socket_pair() {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) return fail(last_error());
  return above_standard(pair);
}

/// Ours is the end that reads.
Result<Ends> make_pipe_ends() {
  std::array<int, 2> pair{};
  if (::pipe2(pair.data(), O_CLOEXEC) != 0) return fail(last_error());
  return above_standard(pair);
}

/// What the child needs, made before there is one: between fork and exec it must not allocate (fork(2)).
struct Launch {
  std::vector<char*> arguments;  ///< ends with a null pointer
  int input_and_output = -1;
  int errors = -1;
  int failure = -1;  ///< closed by exec, or gets the errno that kept it from happening
  pid_t parent = 0;
};

/// Calls only what signal-safety(7) allows: another thread may hold any lock there is.
[[noreturn]] void become(const Launch& launch) {
  // Ours would otherwise run in the child, and what we ignore (SIGPIPE) the program would ignore, too.
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &usual, nullptr);
  sigset_t none;
  sigemptyset(&none);

  const bool ready = ::setsid() >= 0 &&  // a group of its own, and no terminal to read from
                     ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::dup2(launch.input_and_output, STDIN_FILENO) >= 0 &&
                     ::dup2(launch.input_and_output, STDOUT_FILENO) >= 0 && ::dup2(launch.errors, STDERR_FILENO) >= 0 &&
                     ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0 &&  // Asio's are not by themselves
                     ::sigprocmask(SIG_SETMASK, &none, nullptr) == 0;
  if (ready) {
    if (::getppid() != launch.parent) ::_exit(1);  // it died before PR_SET_PDEATHSIG
    ::execv(launch.arguments.front(), launch.arguments.data());
  }
  const int error = errno;
  [[maybe_unused]] const auto written = ::write(launch.failure, &error, sizeof error);
  ::_exit(127);
}

/// The child's process id, or 0 and errno. No handler of ours may run in the child: signals wait until it has taken
/// them off.
pid_t fork_into(const Launch& launch) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const auto pid = ::fork();
  if (pid == 0) become(launch);
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid < 0 ? 0 : pid;
}

/// pidfd_open(2). glibc 2.36 declares it without `extern "C"`.
int open_process(pid_t pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

/// What the child wrote before it gave up; no error when exec closed its end.
std::error_code failure_from(const UniqueFd& pipe) {
  int error = 0;
  ssize_t got = -1;
  do {
    got = ::read(pipe.get(), &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  return got == sizeof error ? std::error_code(error, std::system_category()) : std::error_code();
}

}  // namespace

struct ChildProcess::State {
  State(Executor executor, StreamSocket socket, std::function<void(std::string_view)> on_line)
      : stream(std::move(socket)), errors(executor), ended(executor), on_error_line(std::move(on_line)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  ~State() {
    if (pid == 0) return;
    // The io_context has gone before the child.
    kill();
    pollfd end{ended.native_handle(), POLLIN, 0};
    if (ended.is_open()) ::poll(&end, 1, kReapMilliseconds);
    reap(ended.is_open() ? WNOHANG : 0);
  }

  /// The process and all that it has started. Its id stays its own until it is reaped.
  void kill() {
    if (pid == 0) return;
    ::kill(-pid, SIGKILL);
    ::kill(pid, SIGKILL);  // where it has not come as far as to have a group
  }

  void reap(int flags) {
    if (pid != 0 && ::waitpid(pid, nullptr, flags) != 0) pid = 0;
  }

  /// One read's worth of standard error. False when there is nothing more, for now or for ever.
  bool read_errors() {
    std::array<char, kMaxErrorLine> chunk;
    const auto got = ::read(errors.native_handle(), chunk.data(), chunk.size());
    if (got <= 0) {
      at_end = got == 0;
      if (at_end) end_line();
      return false;
    }
    for (const char c : std::string_view(chunk.data(), static_cast<std::size_t>(got))) {
      if (c == '\n')
        end_line();
      else if (line.size() < kMaxErrorLine)
        line += c;
    }
    return true;
  }

  void end_line() {
    const auto whole = std::exchange(line, {});
    if (!whole.empty() && on_error_line) on_error_line(whole);
  }

  SocketStream stream;
  asio::posix::stream_descriptor errors;
  asio::posix::stream_descriptor ended;  ///< readable when the process has ended (pidfd_open(2))
  std::function<void(std::string_view)> on_error_line;
  std::string line;
  bool at_end = false;
  pid_t pid = 0;  ///< 0 when there is nothing to reap
};

namespace {

template <class State>
void watch_errors(const std::shared_ptr<State>& state) {
  state->errors.async_wait(asio::posix::stream_descriptor::wait_read,
                           [weak = std::weak_ptr(state)](const AsioError& error) {
                             const auto self = weak.lock();
                             if (!self || error) return;
                             self->read_errors();
                             if (!self->at_end && self->errors.is_open()) watch_errors(self);
                           });
}

/// Keeps the state until the process is reaped, which may be after its owner has gone.
template <class State>
void watch_end(const std::shared_ptr<State>& state) {
  state->ended.async_wait(asio::posix::stream_descriptor::wait_read, [state](const AsioError&) {
    state->kill();  // what it has left behind
    state->reap(WNOHANG);
  });
}

}  // namespace

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(Executor executor, std::vector<std::string> command,
                                                          std::function<void(std::string_view)> on_error_line) {
  auto sockets = make_socket_pair();
  auto errors = make_pipe_ends();
  auto failure = make_pipe_ends();
  for (const auto* ends : {&sockets, &errors, &failure})
    if (!*ends) return fail(ends->error());

  AsioError ec;
  StreamSocket socket(executor);
  socket.assign(asio::generic::stream_protocol(AF_UNIX, 0), sockets->ours.get(), ec);
  if (ec) return fail(ec);
  sockets->ours.release();
  const auto state = std::make_shared<State>(executor, std::move(socket), std::move(on_error_line));
  state->errors.assign(errors->ours.get(), ec);
  if (ec) return fail(ec);
  errors->ours.release();
  state->errors.native_non_blocking(true, ec);
  if (ec) return fail(ec);

  Launch launch;
  for (auto& argument : command) launch.arguments.push_back(argument.data());
  launch.arguments.push_back(nullptr);
  launch.input_and_output = sockets->theirs.get();
  launch.errors = errors->theirs.get();
  launch.failure = failure->theirs.get();
  launch.parent = ::getpid();
  state->pid = fork_into(launch);
  if (state->pid == 0) return fail(last_error());

  for (auto* ends : {&*sockets, &*errors, &*failure}) ends->theirs = UniqueFd();
  UniqueFd ended(open_process(state->pid));
  if (!ended) return fail(last_error());
  state->ended.assign(ended.get(), ec);
  if (ec) return fail(ec);
  ended.release();
  const auto refused = failure_from(failure->ours);
  if (refused) return fail(refused);

  watch_errors(state);
  watch_end(state);
  return std::unique_ptr<ChildProcess>(new ChildProcess(state));
}

ChildProcess::ChildProcess(std::shared_ptr<State> state) : state_(std::move(state)) {}

ChildProcess::~ChildProcess() {
  state_->kill();
  for (std::size_t read = 0; read < kPipeSize && state_->read_errors(); read += kMaxErrorLine) {
  }
  state_->end_line();
  state_->on_error_line = nullptr;
  AsioError ignored;
  state_->errors.close(ignored);
  state_->stream.close();
}

ByteStream& ChildProcess::stream() {
  return state_->stream;
}

}  // namespace hardline
