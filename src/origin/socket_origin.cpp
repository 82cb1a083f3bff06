#include "hardline/base/errc.hpp"
#include "hardline/origin/origin.hpp"
#include "hardline/rt/resolver.hpp"
#include "hardline/rt/socket_stream.hpp"
#include "hardline/rt/watchdog.hpp"

namespace hardline::origin {

SocketOrigin::SocketOrigin(OriginAddress address, Resolver& resolver)
    : address_(std::move(address)), resolver_(resolver) {}

awaitable<Result<std::unique_ptr<ByteStream>>> SocketOrigin::connect() {
  auto executor = co_await asio::this_coro::executor;
  std::vector<StreamSocket::endpoint_type> endpoints;
  if (const auto* local = std::get_if<UnixPath>(&address_)) {
    endpoints.emplace_back(asio::local::stream_protocol::endpoint(local->path));
  } else {
    const auto& where = std::get<HostPort>(address_);
    const auto found = co_await resolver_.resolve(where, kOriginConnectTimeout);
    if (!found) co_return fail(found.error());
    endpoints.assign(found->begin(), found->end());
  }
  StreamSocket socket(executor);
  Watchdog watchdog(executor, [&socket] {
    AsioError ignored;
    socket.close(ignored);
  });
  watchdog.arm(kOriginConnectTimeout);
  AsioError error = asio::error::host_not_found;
  for (const auto& endpoint : endpoints) {
    co_await socket.async_connect(endpoint, redirect_error(use_awaitable, error));
    if (!error) co_return std::make_unique<SocketStream>(std::move(socket));
    if (watchdog.bitten()) co_return fail(Errc::timed_out);
    AsioError ignored;
    socket.close(ignored);
  }
  co_return fail(error);
}

}  // namespace hardline::origin
