#include "hardline/door/local_proxy.hpp"

#include "browser_session.hpp"

namespace hardline::door {

LocalProxy::LocalProxy(tunnel::TunnelTools tools, store::NameBook& names, store::VisitLog& visits,
                       web::HttpHandler& dashboard)
    : tools_(std::move(tools)),
      names_(names),
      visits_(visits),
      dashboard_(dashboard),
      acceptors_(tools_.executor, "local proxy") {}

void LocalProxy::open(std::uint16_t port) {
  acceptors_.open(asio::ip::address_v4::loopback(), asio::ip::address_v6::loopback(), port);
}

void LocalProxy::start(TaskGroup& sessions) {
  acceptors_.start(
      sessions, [this, &sessions](tcp::socket socket) { sessions.spawn("browser session", serve(std::move(socket))); });
}

void LocalProxy::check_paths_to(const KeyHash& key) {
  registry_.check_paths_if(
      [&key](const Session& session) { return static_cast<const BrowserSession&>(session).leads_to(key); });
}

void LocalProxy::close_named(const std::string& label) {
  registry_.close_if(
      [&label](const Session& session) { return static_cast<const BrowserSession&>(session).came_by(label); });
}

awaitable<void> LocalProxy::serve(tcp::socket socket) {
  const Inside inside{tools_, names_, visits_, dashboard_, registry_, acceptors_.port()};
  BrowserSession session(inside, std::move(socket));
  co_await session.run();
}

}  // namespace hardline::door
