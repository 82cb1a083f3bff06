#include "control_client.hpp"

#include <fmt/format.h>

#include <optional>

#include "hardline/rt/beast.hpp"
#include "hardline/rt/watchdog.hpp"
#include "hardline/web/control_socket.hpp"

namespace hardline::app {
namespace {

namespace http = beast::http;
using Protocol = asio::local::stream_protocol;

constexpr std::size_t kMaxAnswer = 4 * 1024 * 1024;  // octets; a status with a thousand peers is far smaller

struct Exchange {
  AsioError error;
  bool connected = false;
  bool timed_out = false;
  std::optional<DaemonAnswer> answer;
};

awaitable<void> exchange(std::string path, std::string target, std::chrono::steady_clock::duration limit,
                         Exchange& result) {
  auto executor = co_await asio::this_coro::executor;
  Protocol::socket socket(executor);
  Watchdog watchdog(executor, [&] {
    result.timed_out = true;
    AsioError ignored;
    socket.close(ignored);
  });
  watchdog.arm(limit);
  const Protocol::endpoint endpoint(path);
  co_await socket.async_connect(endpoint, redirect_error(use_awaitable, result.error));
  if (result.error) co_return;
  result.connected = true;
  http::request<http::empty_body> request(http::verb::get, target, 11);
  request.set(http::field::host, "localhost");
  request.keep_alive(false);
  co_await http::async_write(socket, request, redirect_error(use_awaitable, result.error));
  if (result.error) co_return;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMaxAnswer);
  beast::multi_buffer buffer;
  co_await http::async_read(socket, buffer, parser, redirect_error(use_awaitable, result.error));
  if (!result.error) result.answer = DaemonAnswer{parser.get().result_int(), std::move(parser.get().body())};
}

[[noreturn]] void explain(const std::filesystem::path& socket, const Exchange& result) {
  const auto where = socket.string();
  if (result.timed_out) throw NoDaemon(fmt::format("the daemon at {} did not answer in time", where));
  if (result.connected)
    throw NoDaemon(fmt::format("the daemon at {} gave no answer ({}): it may have ended, or be another user's", where,
                               result.error.message()));
  if (result.error == asio::error::access_denied)
    throw NoDaemon(
        fmt::format("the daemon at {} belongs to another user: ask as that user or as root, as in `sudo hardlined "
                    "status`",
                    where));
  if (result.error == boost::system::errc::no_such_file_or_directory || result.error == asio::error::connection_refused)
    throw NoDaemon(
        fmt::format("no daemon is running at {}: start one with `hardlined`, or name the one you mean with "
                    "--socket or --statedir",
                    where));
  throw NoDaemon(fmt::format("the daemon at {} cannot be asked: {}", where, result.error.message()));
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
  Exchange result;
  asio::co_spawn(io, exchange(path.string(), target, limit, result), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
  io.run();
  if (!result.answer) explain(path, result);
  return std::move(*result.answer);
}

}  // namespace hardline::app
