#include "hardline/net/accept.hpp"

#include <system_error>

#include "hardline/base/log.hpp"
#include "hardline/rt/event.hpp"

namespace hardline {
namespace {

constexpr auto kPauseWithoutDescriptors = std::chrono::milliseconds(100);
constexpr auto kComplainEvery = std::chrono::seconds(30);

/// A port that is free on IPv4 may be somebody's on IPv6: then another is taken, this often.
constexpr int kMoreFreePorts = 20;

}  // namespace

tcp::acceptor listen_on(Executor executor, tcp::endpoint endpoint) {
  try {
    tcp::acceptor acceptor(executor, endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    if (endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(true));
    acceptor.bind(endpoint);
    acceptor.listen();
    return acceptor;
  } catch (const boost::system::system_error& e) {
    throw std::system_error(e.code());
  }
}

template <class Protocol>
awaitable<void> accept_loop(asio::basic_socket_acceptor<Protocol>& acceptor, std::string_view name,
                            std::type_identity_t<std::function<void(typename Protocol::socket)>> accepted) {
  auto executor = co_await asio::this_coro::executor;
  log::Limiter complaints(kComplainEvery);
  for (;;) {
    typename Protocol::socket socket(executor);
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

template awaitable<void> accept_loop(tcp::acceptor&, std::string_view, std::function<void(tcp::socket)>);
template awaitable<void> accept_loop(asio::local::stream_protocol::acceptor&, std::string_view,
                                     std::function<void(asio::local::stream_protocol::socket)>);

void Acceptors::open(const tcp::endpoint& endpoint) {
  std::vector<tcp::acceptor> acceptors;
  acceptors.push_back(listen_on(executor_, endpoint));
  acceptors_ = std::move(acceptors);
  port_ = acceptors_.front().local_endpoint().port();
}

void Acceptors::open(const asio::ip::address_v4& v4, const asio::ip::address_v6& v6, std::uint16_t port) {
  for (int tried = 0;; ++tried) {
    std::vector<tcp::acceptor> acceptors;
    acceptors.push_back(listen_on(executor_, {v4, port}));
    const auto chosen = acceptors.front().local_endpoint().port();
    try {
      acceptors.push_back(listen_on(executor_, {v6, chosen}));
    } catch (const std::system_error& e) {
      const bool is_taken = e.code() == std::errc::address_in_use;
      if (is_taken && port == 0 && tried < kMoreFreePorts) continue;
      if (is_taken) throw;
      log::info("{}: listening on IPv4 only port={}: {}", name_, chosen, e.code().message());
    }
    acceptors_ = std::move(acceptors);
    port_ = chosen;
    return;
  }
}

void Acceptors::start(TaskGroup& tasks, const Accepted& accepted) {
  for (auto& acceptor : acceptors_) tasks.spawn(std::string(name_), accept_loop(acceptor, name_, accepted));
}

void Acceptors::stop() {
  for (auto& acceptor : acceptors_) {
    AsioError ignored;
    acceptor.close(ignored);
  }
}

}  // namespace hardline
