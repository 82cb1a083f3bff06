#include "control_client.hpp"

#include <fmt/format.h>

#include "hardline/base/errc.hpp"
#include "hardline/rt/http_client.hpp"
#include "hardline/web/control_socket.hpp"

namespace hardline::app {
namespace {

constexpr std::size_t kMaxAnswer = 4 * 1024 * 1024;  // octets; a status with a thousand peers is far smaller

[[noreturn]] void explain(const std::filesystem::path& socket, std::error_code error) {
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
  throw NoDaemon(fmt::format("the daemon at {} gave no answer ({}): it may have ended, or be another user's", where,
                             error.message()));
}

/// The client ends with this, and with it everything that keeps an io_context running.
awaitable<Result<HttpAnswer>> ask(Resolver& resolver, std::string path, std::string target,
                                  std::chrono::steady_clock::duration limit) {
  auto executor = co_await asio::this_coro::executor;
  HttpClient client(executor, resolver, {UnixPath{std::move(path)}});
  HttpRequest request;
  request.target = std::move(target);
  const auto deadline = std::chrono::steady_clock::now() + limit;
  auto answer = co_await client.exchange(request, deadline, kMaxAnswer);
  co_return answer;
}

}  // namespace

DaemonAnswer ask_daemon(const std::filesystem::path& socket, const std::string& target,
                        std::chrono::steady_clock::duration limit) {
  const auto path = std::filesystem::absolute(socket).lexically_normal();
  if (path.native().size() > web::ControlSocket::kMaxPath)
    throw NoDaemon(
        fmt::format("no daemon can be at {}: the path of a socket has at most {} octets; name another with "
                    "--socket",
                    path.string(), web::ControlSocket::kMaxPath));
  asio::io_context io{1};
  Resolver resolver;
  Result<HttpAnswer> answer = fail(Errc::timed_out);
  auto keep = [&answer](std::exception_ptr error, Result<HttpAnswer> came) {
    if (error) std::rethrow_exception(error);
    answer = std::move(came);
  };
  asio::co_spawn(io, ask(resolver, path.string(), target, limit), std::move(keep));
  io.run();
  if (!answer) explain(path, answer.error());
  return {answer->status, std::move(answer->body)};
}

}  // namespace hardline::app
