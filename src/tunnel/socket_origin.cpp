#include "hardline/base/errc.hpp"
#include "hardline/net/resolver.hpp"
#include "hardline/rt/watchdog.hpp"
#include "hardline/tunnel/origin.hpp"

namespace hardline::tunnel {

/// One way to the socket: every address of the name in turn, within the time for each of both steps.
class SocketOrigin::Connecting {
 public:
  Connecting(Executor executor, const SocketOrigin& origin)
      : address_(origin.address_),
        resolver_(origin.resolver_),
        leads_back_(origin.leads_back_),
        stop_(executor),
        socket_(executor),
        watchdog_(executor, [this] { cut(); }) {}

  awaitable<std::error_code> run() {
    std::vector<StreamSocket::endpoint_type> endpoints;
    if (const auto* local = std::get_if<UnixPath>(&address_)) {
      endpoints.emplace_back(asio::local::stream_protocol::endpoint(local->path));
    } else {
      const auto& where = std::get<HostPort>(address_);
      const auto found = co_await resolver_.resolve(where, kOriginConnectTimeout, &stop_);
      if (!found) co_return found.error();
      endpoints.assign(found->begin(), found->end());
    }
    watchdog_.arm(kOriginConnectTimeout);
    AsioError error = asio::error::host_not_found;
    for (const auto& endpoint : endpoints) {
      if (stop_.requested()) break;
      co_await socket_.async_connect(endpoint, redirect_error(use_awaitable, error));
      if (!error) {
        watchdog_.disarm();
        const auto remote = socket_.remote_endpoint(error);  // not what was asked for: 0.0.0.0 leads to loopback
        if (error) co_return error;
        if (leads_back_ && leads_back_(remote)) co_return make_error_code(Errc::leads_to_ourselves);
        co_return std::error_code();
      }
      if (watchdog_.bitten()) co_return make_error_code(Errc::timed_out);
      cut();
    }
    if (stop_.requested()) co_return make_error_code(Errc::cancelled);
    co_return error;
  }

  void cancel() {
    stop_.request();
    cut();
  }

  StreamSocket take() { return std::move(socket_); }

 private:
  void cut() {
    AsioError ignored;
    socket_.close(ignored);
  }

  const OriginAddress address_;
  Resolver& resolver_;
  const LeadsBack leads_back_;
  Stop stop_;
  StreamSocket socket_;
  Watchdog watchdog_;
};

SocketOrigin::SocketOrigin(OriginAddress address, Resolver& resolver, LeadsBack leads_back)
    : address_(std::move(address)), resolver_(resolver), leads_back_(std::move(leads_back)) {}

awaitable<Result<std::unique_ptr<ByteStream>>> SocketOrigin::connect() {
  auto executor = co_await asio::this_coro::executor;
  Connecting connecting(executor, *this);
  const auto error = co_await connecting.run();
  if (error) co_return fail(error);
  co_return std::make_unique<SocketStream>(connecting.take());
}

awaitable<std::error_code> SocketOrigin::check() {
  if (closed_) co_return make_error_code(Errc::cancelled);
  auto executor = co_await asio::this_coro::executor;
  Connecting connecting(executor, *this);
  checks_.push_back(&connecting);
  const auto error = co_await connecting.run();
  std::erase(checks_, &connecting);
  co_return error;
}

void SocketOrigin::close() {
  closed_ = true;
  for (auto* check : checks_) check->cancel();
}

}  // namespace hardline::tunnel
