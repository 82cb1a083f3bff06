#include "control_client.hpp"

#include <fmt/format.h>

#include <csignal>

#include "hardline/api/control_socket.hpp"
#include "hardline/base/errc.hpp"

namespace hardline::cli {
namespace {

/// Octets; a status with a thousand peers, or all names there can be, are smaller.
constexpr std::size_t kMaxAnswer = 4 * 1024 * 1024;

/// For a stream that goes on until somebody ends it.
constexpr auto kNoLimit = std::chrono::hours(24 * 365);

web::HttpServer server_at(const std::filesystem::path& path) {
  return {UnixPath{path.string()}};
}

/// The client ends with this, and with it everything that keeps an io_context running.
awaitable<Result<web::HttpAnswer>> ask(Resolver& resolver, web::HttpServer server, web::HttpRequest request,
                                       std::chrono::steady_clock::duration limit) {
  auto executor = co_await asio::this_coro::executor;
  web::HttpClient client(executor, resolver, std::move(server));
  const auto deadline = std::chrono::steady_clock::now() + limit;
  auto answer = co_await client.exchange(std::move(request), deadline, kMaxAnswer);
  co_return answer;
}

/// Hands out the whole lines of what has come.
class Lines {
 public:
  explicit Lines(const std::function<void(std::string_view)>& take) : take_(take) {}

  void add(std::string_view piece) {
    rest_ += piece;
    std::size_t begin = 0;
    for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', begin)) {
      take_(std::string_view(rest_).substr(begin, end - begin));
      begin = end + 1;
    }
    rest_.erase(0, begin);
  }

 private:
  const std::function<void(std::string_view)>& take_;
  std::string rest_;
};

class Watch {
 public:
  Watch(Executor executor, Resolver& resolver, web::HttpServer server,
        const std::function<void(std::string_view)>& take)
      : executor_(executor),
        resolver_(resolver),
        server_(std::move(server)),
        signals_(executor, SIGINT, SIGTERM),
        lines_(take) {
    signals_.async_wait([this](AsioError error, int) {
      if (error) return;
      end_.by_us = true;
      if (client_) client_->close();
    });
  }

  awaitable<void> run(web::HttpRequest request, std::chrono::steady_clock::duration limit) {
    web::HttpClient client(executor_, resolver_, std::move(server_));  // ends with this, as in ask()
    client_ = &client;
    const auto deadline = std::chrono::steady_clock::now() + limit;
    auto answer = co_await client.begin(std::move(request), deadline);
    if (!answer) {
      error_ = answer.error();
    } else if (answer->status != 200) {
      co_await read_refusal(std::move(*answer));
    } else {
      client.extend(std::chrono::steady_clock::now() + kNoLimit);
      co_await read_lines();
    }
    client_ = nullptr;
    signals_.cancel();
  }

  const WatchEnd& end() const { return end_; }
  std::error_code error() const { return error_; }

 private:
  awaitable<void> read_refusal(web::HttpAnswer answer) {
    auto body = co_await client_->read_body(kMaxAnswer);
    if (body) {
      answer.body = std::move(*body);
      end_.refusal = std::move(answer);
    } else {
      error_ = body.error();
    }
  }

  awaitable<void> read_lines() {
    for (;;) {
      const auto piece = co_await client_->read_piece();
      if (!piece || piece->empty()) co_return;
      lines_.add(*piece);
    }
  }

  Executor executor_;
  Resolver& resolver_;
  web::HttpServer server_;
  web::HttpClient* client_ = nullptr;  ///< while run() does
  asio::signal_set signals_;
  Lines lines_;
  WatchEnd end_;
  std::error_code error_;  ///< that kept it from beginning
};

}  // namespace

void throw_no_daemon(const std::filesystem::path& socket, std::error_code error) {
  const auto where = socket.string();
  if (error == Errc::timed_out) throw NoDaemon(fmt::format("the daemon at {} did not answer in time", where));
  if (error == std::errc::permission_denied)
    throw NoDaemon(
        fmt::format("the daemon at {} belongs to another user: ask as that user or as root, as in `sudo hardlined "
                    "status`",
                    where));
  if (error == std::errc::no_such_file_or_directory || error == std::errc::connection_refused)
    throw NoDaemon(
        fmt::format("no daemon is running at {}: start one with `hardlined`, or name the one you mean with "
                    "--socket or --statedir",
                    where));
  throw NoDaemon(fmt::format("the daemon at {} gave no answer ({}): it may have stopped, or belong to another user",
                             where, error.message()));
}

std::filesystem::path checked_socket(const std::filesystem::path& socket) {
  auto path = std::filesystem::absolute(socket).lexically_normal();
  if (path.native().size() > api::ControlSocket::kMaxPath)
    throw NoDaemon(
        fmt::format("{} cannot be a daemon's socket: its path may have {} octets at most; name another with "
                    "--socket",
                    path.string(), api::ControlSocket::kMaxPath));
  return path;
}

web::HttpAnswer ask_daemon(const std::filesystem::path& socket, const web::HttpRequest& request,
                           std::chrono::steady_clock::duration limit) {
  const auto path = checked_socket(socket);
  asio::io_context io{1};
  Resolver resolver;
  Result<web::HttpAnswer> answer = fail(Errc::timed_out);
  auto keep = [&answer](std::exception_ptr error, Result<web::HttpAnswer> came) {
    if (error) std::rethrow_exception(error);
    answer = std::move(came);
  };
  asio::co_spawn(io, ask(resolver, server_at(path), request, limit), std::move(keep));
  io.run();
  if (!answer) throw_no_daemon(path, answer.error());
  return std::move(*answer);
}

WatchEnd watch_daemon(const std::filesystem::path& socket, const web::HttpRequest& request,
                      std::chrono::steady_clock::duration limit, const std::function<void(std::string_view)>& take) {
  const auto path = checked_socket(socket);
  asio::io_context io{1};
  Resolver resolver;
  Watch watch(io.get_executor(), resolver, server_at(path), take);
  asio::co_spawn(io, watch.run(request, limit), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
  io.run();
  if (watch.error() && !watch.end().by_us) throw_no_daemon(path, watch.error());
  return watch.end();
}

}  // namespace hardline::cli
