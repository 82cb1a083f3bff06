#include "hardline/rt/accept.hpp"

#include "hardline/base/log.hpp"
#include "hardline/rt/event.hpp"

namespace hardline {
namespace {

constexpr auto kPauseWithoutDescriptors = std::chrono::milliseconds(100);
constexpr auto kComplainEvery = std::chrono::seconds(30);

}  // namespace

tcp::acceptor listen_on(Executor executor, tcp::endpoint endpoint) {
  tcp::acceptor acceptor(executor, endpoint.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  if (endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(true));
  acceptor.bind(endpoint);
  acceptor.listen();
  return acceptor;
}

awaitable<void> accept_loop(tcp::acceptor& acceptor, std::string_view name, std::function<void(tcp::socket)> accepted) {
  auto executor = co_await asio::this_coro::executor;
  log::Limiter complaints(kComplainEvery);
  for (;;) {
    tcp::socket socket(executor);
    AsioError error;
    co_await acceptor.async_accept(socket, redirect_error(use_awaitable, error));
    if (!acceptor.is_open()) co_return;
    if (!error) {
      accepted(std::move(socket));
      continue;
    }
    if (error == asio::error::connection_aborted) continue;
    if (complaints.admit()) log::warn("{}: cannot accept connections for now: {}", name, error.message());
    co_await sleep_for(kPauseWithoutDescriptors);
  }
}

}  // namespace hardline
