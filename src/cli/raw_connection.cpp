#include "raw_connection.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "ask.hpp"
#include "control_client.hpp"
#include "hardline/base/ascii.hpp"
#include "hardline/base/errc.hpp"

namespace hardline::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxHead = 16 * 1024;  // octets of an answer
constexpr std::size_t kMaxBody = 64 * 1024;  // octets of an error
constexpr std::string_view kHeadEnd = "\r\n\r\n";

UniqueFd connect_to(const std::filesystem::path& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) throw_no_daemon(path, last_error());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.native().size());  // checked_socket() has counted
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw_no_daemon(path, last_error());
  return fd;
}

std::error_code send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return last_error();
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

/// Appends what comes; false at the end. Throws std::system_error.
bool receive_more(int fd, std::string& text, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) throw std::system_error(make_error_code(Errc::timed_out));
    pollfd waited{fd, POLLIN, 0};
    const int ready = ::poll(&waited, 1, static_cast<int>(left));
    if (ready < 0 && errno != EINTR) throw std::system_error(last_error());
    if (ready <= 0) continue;
    char piece[4096];
    const auto received = ::recv(fd, piece, sizeof piece, 0);
    if (received < 0 && errno == EINTR) continue;
    if (received < 0) throw std::system_error(last_error());
    text.append(piece, static_cast<std::size_t>(received));
    return received > 0;
  }
}

int status_of(std::string_view head) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  if (!head.starts_with(kVersion) || head.size() < kVersion.size() + 3) return 0;
  int status = 0;
  for (const char c : head.substr(kVersion.size(), 3)) {
    if (c < '0' || c > '9') return 0;
    status = status * 10 + (c - '0');
  }
  return status;
}

/// Where an error's body ends: the daemon's have a length. 0 where there is none.
std::size_t content_length(std::string_view head) {
  constexpr std::string_view kField = "\r\ncontent-length:";
  const auto lower = to_lower(head);
  const auto at = lower.find(kField);
  if (at == std::string::npos) return 0;
  std::size_t length = 0;
  for (auto c = lower.begin() + static_cast<std::ptrdiff_t>(at + kField.size()); c != lower.end(); ++c) {
    if (*c == ' ') continue;
    if (*c < '0' || *c > '9' || length > kMaxBody) break;
    length = length * 10 + static_cast<std::size_t>(*c - '0');
  }
  return length;
}

}  // namespace

RawConnection open_raw_connection(const std::filesystem::path& socket, const std::string& target,
                                  const std::string& protocol, std::chrono::milliseconds limit) {
  const auto path = checked_socket(socket);
  const auto deadline = Clock::now() + limit;
  RawConnection made{connect_to(path), {}};
  const int fd = made.socket.get();
  const auto request =
      fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: {}\r\n\r\n", target, protocol);
  web::HttpAnswer answer;
  try {
    if (const auto error = send_all(fd, request)) throw std::system_error(error);
    std::string came;
    auto end = std::string::npos;
    while ((end = came.find(kHeadEnd)) == std::string::npos) {
      if (came.size() > kMaxHead) throw std::system_error(make_error_code(Errc::malformed));
      if (!receive_more(fd, came, deadline)) throw std::system_error(make_error_code(Errc::peer_closed));
    }
    const auto head = came.substr(0, end + 2);
    answer.status = status_of(head);
    answer.body = came.substr(end + kHeadEnd.size());
    if (answer.status == 0) throw std::system_error(make_error_code(Errc::malformed));
    const auto length = answer.status == 101 ? 0 : std::min(content_length(head), kMaxBody);
    while (answer.body.size() < length && receive_more(fd, answer.body, deadline)) {
    }
  } catch (const std::system_error& e) {
    throw_no_daemon(path, e.code());
  }
  if (answer.status != 101) throw_refusal(answer);
  made.early = std::move(answer.body);
  return made;
}

}  // namespace hardline::cli
