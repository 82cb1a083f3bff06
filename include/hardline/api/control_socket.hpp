// The Unix socket on which the owner of this daemon asks it things: HTTP/1.1 with JSON (RFC 9112, docs/api.md).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <unordered_set>

#include "hardline/net/byte_stream.hpp"
#include "hardline/rt/asio.hpp"
#include "hardline/rt/task_group.hpp"
#include "hardline/web/http_server.hpp"

namespace hardline::api {

/// Who may speak there is said twice: the socket's mode is 0600, and the kernel is asked who connects (SO_PEERCRED,
/// unix(7)); that is its owner and root.
class ControlSocket {
 public:
  /// Longest path of a Unix socket (unix(7): sun_path, less its final NUL), in octets.
  static constexpr std::size_t kMaxPath = 107;
  /// Every `hardlined connect` holds one for as long as it runs, and a script may run dozens; this many at once is a
  /// program gone wrong, whose further connections are closed.
  static constexpr std::size_t kMaxSessions = 256;

  /// `handler` outlives it.
  ControlSocket(Executor executor, web::HttpHandler& handler);
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;
  ~ControlSocket();

  /// Makes the socket, in the place of one that a daemon left behind which ended badly. Throws std::runtime_error with
  /// a sentence for a person: where another daemon answers there, something else is there, or the path is too long.
  void open(const std::filesystem::path& path);
  bool is_open() const { return acceptor_.is_open(); }
  /// Where it was opened, as connections to it name their other side; empty before.
  const std::filesystem::path& path() const { return path_; }

  /// Accepts until stop(). Spawns into `sessions`, which must be joined before this goes.
  void start(TaskGroup& sessions);

  /// Removes the socket and ends every connection: what streams soon, also where a handler took one over. What an
  /// answer is being made for all at once goes on to its end, unheard.
  void stop();

 private:
  using Protocol = asio::local::stream_protocol;

  awaitable<void> serve(Protocol::socket socket);

  Executor executor_;
  web::HttpHandler& handler_;
  Protocol::acceptor acceptor_;
  std::filesystem::path path_;
  dev_t device_ = 0;  ///< of the socket's file, so that it alone is removed
  ino_t inode_ = 0;
  std::unordered_set<ByteStream*> open_;
};

}  // namespace hardline::api
