#include "hardline/api/control_socket.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "hardline/base/log.hpp"
#include "hardline/base/unique_fd.hpp"
#include "hardline/net/accept.hpp"
#include "hardline/net/socket_stream.hpp"

namespace hardline::api {
namespace {

using Socket = asio::local::stream_protocol::socket;

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& problem) {
  throw std::runtime_error(
      fmt::format("the control socket {} cannot be used: {}; choose another with --socket", path.string(), problem));
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
  if (!S_ISSOCK(there.st_mode)) refuse(path, "a file that is not a socket is there");
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

}  // namespace

ControlSocket::ControlSocket(Executor executor, web::HttpHandler& handler)
    : executor_(executor), handler_(handler), acceptor_(executor) {}

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
  if (!is_open()) return;
  auto accepted = [this, &sessions](Protocol::socket socket) {
    if (!may_speak(socket))
      log::debug("control socket: somebody else's connection was closed");
    else if (open_.size() < kMaxSessions)
      sessions.spawn("control session", serve(std::move(socket)));
  };
  sessions.spawn("control socket", accept_loop(acceptor_, "control socket", std::move(accepted)));
}

void ControlSocket::stop() {
  if (!is_open()) return;
  struct stat there {};
  if (::lstat(path_.c_str(), &there) == 0 && there.st_dev == device_ && there.st_ino == inode_) ::unlink(path_.c_str());
  AsioError ignored;
  acceptor_.close(ignored);
  for (auto* stream : open_) stream->abort();
}

awaitable<void> ControlSocket::serve(Protocol::socket socket) {
  struct Place {
    Place(std::unordered_set<ByteStream*>& all, ByteStream& own) : all_(all), own_(own) { all_.insert(&own_); }
    ~Place() { all_.erase(&own_); }
    std::unordered_set<ByteStream*>& all_;
    ByteStream& own_;
  };
  if (!is_open()) co_return;
  SocketStream stream((StreamSocket(std::move(socket))));
  const Place place(open_, stream);
  std::string nothing_yet;
  const web::HttpLimits limits;
  co_await web::serve_http(executor_, stream, std::move(nothing_yet), handler_, limits);
}

}  // namespace hardline::api
