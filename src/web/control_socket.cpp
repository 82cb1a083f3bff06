#include "hardline/web/control_socket.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "hardline/base/log.hpp"
#include "hardline/base/unique_fd.hpp"
#include "hardline/rt/beast.hpp"
#include "hardline/rt/event.hpp"
#include "hardline/rt/watchdog.hpp"

namespace hardline::web {
namespace {

namespace http = beast::http;
using Socket = asio::local::stream_protocol::socket;

constexpr auto kPauseWithoutDescriptors = std::chrono::milliseconds(100);

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& problem) {
  throw std::runtime_error(
      fmt::format("the control socket {} cannot be used: {}; name another one with --socket", path.string(), problem));
}

/// Whether somebody answers at `address`. Never waits: a listener whose queue is full is one, too.
bool is_answered(const sockaddr_un& address) {
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) return false;
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return true;
  return errno != ECONNREFUSED && errno != ENOENT;
}

/// Makes room for a socket: takes one away that nobody listens at any more.
void clear_away(const std::filesystem::path& path, const sockaddr_un& address) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0) return;
  if (!S_ISSOCK(there.st_mode)) refuse(path, "there is a file that is no socket");
  if (is_answered(address)) refuse(path, "another hardlined answers there");
  ::unlink(path.c_str());
}

/// Our own user or root.
bool may_speak(Socket& socket) {
  ucred peer{};
  socklen_t length = sizeof peer;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return false;
  return peer.uid == ::geteuid() || peer.uid == 0;
}

http::response<http::string_body> to_http(ApiResponse answer, unsigned version, bool keep_alive) {
  http::response<http::string_body> response(static_cast<http::status>(answer.status), version);
  response.set(http::field::content_type, "application/json");
  response.set(http::field::cache_control, "no-store");
  if (!answer.allow.empty()) response.set(http::field::allow, answer.allow);
  response.keep_alive(keep_alive);
  response.body() = std::move(answer.body);
  response.prepare_payload();
  return response;
}

ApiResponse bad_request(const AsioError& error) {
  const bool large = error == http::error::header_limit || error == http::error::body_limit;
  return large ? error_response(413, "too_large", "this request is too large")
               : error_response(400, "bad_request", "this is not an HTTP request");
}

}  // namespace

ControlSocket::ControlSocket(Executor executor, Api& api) : executor_(executor), api_(api), acceptor_(executor) {}

ControlSocket::~ControlSocket() {
  stop();
}

void ControlSocket::open(const std::filesystem::path& path) {
  const auto name = std::filesystem::absolute(path).lexically_normal();
  if (name.native().size() > kMaxPath)
    refuse(name, fmt::format("its path has {} octets, and the system allows {}", name.native().size(), kMaxPath));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.c_str(), name.native().size());
  clear_away(name, address);
  Protocol::acceptor acceptor(executor_, Protocol());
  // bind(2) makes the file with the mode of the descriptor, so that there is no moment at which others could connect.
  struct stat made {};
  AsioError error;
  if (::fchmod(acceptor.native_handle(), 0600) != 0) refuse(name, last_error().message());
  acceptor.bind(Protocol::endpoint(name.string()), error);
  if (error || ::lstat(name.c_str(), &made) != 0) refuse(name, error ? error.message() : last_error().message());
  acceptor.listen(Protocol::acceptor::max_listen_connections, error);
  if (error) refuse(name, error.message());
  acceptor_ = std::move(acceptor);
  path_ = name;
  device_ = made.st_dev;
  inode_ = made.st_ino;
}

void ControlSocket::start(TaskGroup& sessions) {
  if (is_open()) sessions.spawn("control socket", accept(sessions));
}

void ControlSocket::stop() {
  if (!is_open()) return;
  struct stat there {};
  if (::lstat(path_.c_str(), &there) == 0 && there.st_dev == device_ && there.st_ino == inode_) ::unlink(path_.c_str());
  AsioError ignored;
  acceptor_.close(ignored);
  for (auto* socket : open_) socket->close(ignored);
}

awaitable<void> ControlSocket::accept(TaskGroup& sessions) {
  while (is_open()) {
    Protocol::socket socket(executor_);
    AsioError error;
    co_await acceptor_.async_accept(socket, redirect_error(use_awaitable, error));
    if (!is_open()) co_return;
    if (error) {
      co_await sleep_for(kPauseWithoutDescriptors);
    } else if (!may_speak(socket)) {
      log::debug("control socket: somebody else's connection was closed");
    } else if (open_.size() < kMaxSessions) {
      sessions.spawn("control session", serve(std::move(socket)));
    }
  }
}

awaitable<void> ControlSocket::serve(Protocol::socket socket) {
  struct Place {
    Place(std::unordered_set<Protocol::socket*>& all, Protocol::socket& own) : all_(all), own_(own) {
      all_.insert(&own_);
    }
    ~Place() { all_.erase(&own_); }
    std::unordered_set<Protocol::socket*>& all_;
    Protocol::socket& own_;
  };
  if (!is_open()) co_return;
  const Place place(open_, socket);
  Watchdog watchdog(executor_, [&socket] {
    AsioError ignored;
    socket.close(ignored);
  });
  beast::multi_buffer buffer;
  bool again = true;
  while (again) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(kMaxHead);
    parser.body_limit(kMaxBody);
    AsioError error;
    watchdog.arm(kTransferTimeout);
    co_await http::async_read(socket, buffer, parser, redirect_error(use_awaitable, error));
    watchdog.disarm();
    const bool not_http = error && error.category() == http::make_error_code(http::error::end_of_stream).category();
    const bool ended = error == http::error::end_of_stream || error == http::error::partial_message;
    if (ended || (error && !not_http)) co_return;
    const auto& asked = parser.get();
    ApiResponse answer;
    if (error) {
      answer = bad_request(error);
    } else {
      ApiRequest request{std::string(asked.method_string()), std::string(asked.target())};
      answer = co_await api_.answer(std::move(request));
    }
    again = !error && asked.keep_alive() && is_open();
    auto response = to_http(std::move(answer), error ? 11 : asked.version(), again);
    http::response_serializer<http::string_body> serializer(response);
    watchdog.arm(kTransferTimeout);
    if (!error && asked.method() == http::verb::head)
      co_await http::async_write_header(socket, serializer, redirect_error(use_awaitable, error));
    else
      co_await http::async_write(socket, serializer, redirect_error(use_awaitable, error));
    watchdog.disarm();
    if (error) co_return;
  }
}

}  // namespace hardline::web
