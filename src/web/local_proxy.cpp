#include "hardline/web/local_proxy.hpp"

#include "browser_session.hpp"
#include "hardline/base/log.hpp"
#include "hardline/rt/accept.hpp"

namespace hardline::web {

LocalProxy::LocalProxy(tunnel::TunnelTools tools, store::NameBook& names, store::VisitLog& visits,
                       HttpHandler& dashboard)
    : tools_(std::move(tools)), names_(names), visits_(visits), dashboard_(dashboard) {}

void LocalProxy::open(std::uint16_t port) {
  std::vector<tcp::acceptor> acceptors;
  try {
    acceptors.push_back(listen_on(tools_.executor, {asio::ip::address_v4::loopback(), port}));
  } catch (const boost::system::system_error& e) {
    throw std::system_error(e.code());
  }
  try {
    acceptors.push_back(listen_on(tools_.executor, {asio::ip::address_v6::loopback(), port}));
  } catch (const boost::system::system_error& e) {
    // Browsers may try ::1 first: whoever has the port there would be asked in our place, password and all.
    if (e.code() == asio::error::address_in_use) throw std::system_error(e.code());
    log::info("local proxy: listening on 127.0.0.1 only: {}", e.code().message());
  }
  acceptors_ = std::move(acceptors);
  port_ = acceptors_.front().local_endpoint().port();
}

void LocalProxy::start(TaskGroup& sessions) {
  for (auto& acceptor : acceptors_) sessions.spawn("local proxy", accept_on(acceptor, sessions));
}

void LocalProxy::stop() {
  for (auto& acceptor : acceptors_) {
    AsioError ignored;
    acceptor.close(ignored);
  }
}

void LocalProxy::check_paths_to(const KeyHash& key) {
  registry_.check_paths_if(
      [&key](const Session& session) { return static_cast<const BrowserSession&>(session).leads_to(key); });
}

void LocalProxy::close_named(const std::string& label) {
  registry_.close_if(
      [&label](const Session& session) { return static_cast<const BrowserSession&>(session).came_by(label); });
}

awaitable<void> LocalProxy::accept_on(tcp::acceptor& acceptor, TaskGroup& sessions) {
  std::function<void(tcp::socket)> accepted = [this, &sessions](tcp::socket socket) {
    sessions.spawn("browser session", serve(std::move(socket)));
  };
  co_await accept_loop(acceptor, "local proxy", accepted);
}

awaitable<void> LocalProxy::serve(tcp::socket socket) {
  BrowserSession session(*this, std::move(socket));
  co_await session.run();
}

}  // namespace hardline::web
