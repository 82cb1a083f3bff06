// connect: standard input and output through a tunnel, as `ssh -o ProxyCommand='hardlined connect %h'` wants it.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <thread>

#include "ask.hpp"
#include "hardline/base/percent.hpp"
#include "hardline/base/result.hpp"
#include "hardline/base/unique_fd.hpp"
#include "hardline/http/chunks.hpp"
#include "meant.hpp"
#include "raw_connection.hpp"
#include "verbs.hpp"

namespace hardline::cli {
namespace {

constexpr auto kProtocol = "hardline-stream";

/// Large enough that system calls cost little beside copying; a pipe holds 64 KiB.
constexpr std::size_t kBuffer = 256 * 1024;

std::error_code write_all(int fd, std::string_view octets) {
  while (!octets.empty()) {
    const auto written = ::write(fd, octets.data(), octets.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) {  // another program has made what it shares with us non-blocking
      pollfd waited{fd, POLLOUT, 0};
      ::poll(&waited, 1, -1);
      continue;
    }
    if (written < 0) return last_error();
    octets.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

/// Octets read, 0 at the end.
Result<std::size_t> read_some(int fd, char* buffer) {
  for (;;) {
    const auto count = ::read(fd, buffer, kBuffer);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EAGAIN) {
      pollfd waited{fd, POLLIN, 0};
      ::poll(&waited, 1, -1);
    } else if (errno != EINTR) {
      return fail(last_error());
    }
  }
}

/// From standard input to the service until either ends. A thread of its own: a reader of our output who is slow must
/// not hold up what we are given, nor the other way round; and making the descriptors non-blocking would do it to
/// everybody who shares them.
class Upward {
 public:
  explicit Upward(int socket) : socket_(socket), thread_([this] { carry(); }) {}
  Upward(const Upward&) = delete;
  Upward& operator=(const Upward&) = delete;
  /// Ends the connection, which is what the thread sees wherever it waits.
  ~Upward() {
    ::shutdown(socket_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }

  /// Until standard input has ended, or the daemon takes no more.
  void wait() { thread_.join(); }

 private:
  /// False once the connection is closed: nobody takes anything any more.
  bool wait_for_input() const {
    pollfd waited[] = {{STDIN_FILENO, POLLIN, 0}, {socket_, 0, 0}};  // of the socket only POLLHUP and POLLERR
    for (;;) {
      if (::poll(waited, 2, -1) < 0) {
        if (errno == EINTR) continue;
        return false;
      }
      if (waited[1].revents != 0) return false;
      if (waited[0].revents != 0) return true;
    }
  }

  void carry() {
    const auto buffer = std::make_unique<char[]>(kBuffer);
    while (wait_for_input()) {
      const auto count = read_some(STDIN_FILENO, buffer.get());
      if (!count) {  // half of what was to be sent must not look like all of it
        ::shutdown(socket_, SHUT_RDWR);
        return;
      }
      if (*count == 0) break;
      if (write_all(socket_, {buffer.get(), *count})) return;
    }
    ::shutdown(socket_, SHUT_WR);
  }

  int socket_;
  std::thread thread_;
};

enum class Downward { ended, cut, unread };

/// From the service to standard output.
Downward carry_down(RawConnection& connection) {
  const auto buffer = std::make_unique<char[]>(kBuffer);
  http::ChunkReader chunks;
  std::string_view framed = connection.early;
  for (;;) {
    for (auto content = chunks.next(framed); !content.empty(); content = chunks.next(framed))
      if (write_all(STDOUT_FILENO, content)) return Downward::unread;
    if (chunks.is_done()) return Downward::ended;
    if (chunks.is_broken()) return Downward::cut;
    const auto count = read_some(connection.socket.get(), buffer.get());
    if (!count || *count == 0) return Downward::cut;
    framed = {buffer.get(), *count};
  }
}

/// Nothing more will come: who reads us is told, though standard input may be the same socket, as ssh has it.
void end_output() {
  ::shutdown(STDOUT_FILENO, SHUT_WR);  // of anything but a socket an error, and no harm
  ::close(STDOUT_FILENO);
}

/// The daemon closes when the service has been given all that we sent: to go before that would be to break off.
void wait_for_close(int socket) {
  pollfd waited{socket, 0, 0};
  while (::poll(&waited, 1, -1) < 0 && errno == EINTR) {
  }
}

/// A standard stream that is closed would be the next descriptor to be opened: the connection.
void fill_standard_streams() {
  for (;;) {
    UniqueFd fd(::open("/dev/null", O_RDWR));
    if (fd.get() < 0 || fd.get() > STDERR_FILENO) return;
    fd.release();
  }
}

}  // namespace

int run(const daemon::Settings& settings, const Connect& verb) {
  fill_standard_streams();
  std::signal(SIGPIPE, SIG_IGN);
  const auto service = parse_meant_service(verb.service);
  auto connection = open_raw_connection(daemon::find_control_socket(settings),
                                        "/api/connect?name=" + percent_encode(name_of(service)), kProtocol,
                                        settings.search_timeout + kSearchMargin);
  Upward upward(connection.socket.get());
  switch (carry_down(connection)) {
    case Downward::unread: return kProblem;
    case Downward::cut:
      fmt::print(stderr, "hardlined: the connection to {} was cut\n", public_name_of(service));
      return kProblem;
    case Downward::ended: break;
  }
  const bool a_person_types = ::isatty(STDIN_FILENO) == 1;  // to nobody, from now on
  end_output();
  if (a_person_types) return kDone;
  upward.wait();
  wait_for_close(connection.socket.get());
  return kDone;
}

}  // namespace hardline::cli
