// A cache without the tunnel before it: its HTTP server on a TCP port of loopback, for tests/bench/cache.py.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

#include "hardline/base/log.hpp"
#include "hardline/cache/cache_origin.hpp"
#include "hardline/net/accept.hpp"
#include "hardline/net/socket_stream.hpp"

namespace {

using namespace hardline;

awaitable<void> end_at_signal(asio::signal_set& signals, tcp::acceptor& acceptor, cache::CacheOrigin& cache) {
  co_await signals.async_wait(use_awaitable);
  AsioError ignored;
  acceptor.close(ignored);
  cache.close();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App options("A cache's HTTP server on loopback");
  CacheSettings settings;
  std::uint16_t port = 0, upstream = 0;
  options.add_option("--directory", settings.directory)->required();
  options.add_option("--port", port)->required();
  options.add_option("--upstream", upstream, "port of the web server, on 127.0.0.1");
  CLI11_PARSE(options, argc, argv);

  std::signal(SIGPIPE, SIG_IGN);
  log::init(spdlog::level::warn);
  settings.max_size = 1ULL << 30;
  settings.download_rate_limit = 0;
  if (upstream != 0) settings.upstream = Upstream{HostPort{"127.0.0.1", upstream}};

  asio::io_context io(1);
  Resolver resolver;
  BufferPool buffers;
  asio::thread_pool disk(4);
  TaskGroup tasks(io.get_executor());
  cache::CacheOrigin cache(settings, {io.get_executor(), buffers, resolver, disk, tasks});
  auto acceptor = listen_on(io.get_executor(), {asio::ip::address_v4::loopback(), port});
  asio::signal_set signals(io, SIGINT, SIGTERM);
  std::function<void(tcp::socket)> accepted = [&](tcp::socket socket) {
    cache.serve(std::make_unique<SocketStream>(std::move(socket)));
  };
  tasks.spawn("accept", accept_loop(acceptor, "bench", accepted));
  tasks.spawn("signals", end_at_signal(signals, acceptor, cache));
  io.run();
}
