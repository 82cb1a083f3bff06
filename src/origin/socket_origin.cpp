#include <netdb.h>

#include <cstring>

#include "hardline/base/errc.hpp"
#include "hardline/origin/origin.hpp"
#include "hardline/rt/offload.hpp"
#include "hardline/rt/socket_stream.hpp"
#include "hardline/rt/watchdog.hpp"

namespace hardline::origin {
namespace {

using Endpoint = StreamSocket::endpoint_type;

std::vector<Endpoint> look_up(const HostPort& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  std::vector<Endpoint> endpoints;
  if (::getaddrinfo(host.host.c_str(), nullptr, &hints, &list) != 0) return endpoints;
  for (const auto* entry = list; entry; entry = entry->ai_next) {
    tcp::endpoint endpoint;
    if (entry->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), entry->ai_addr, entry->ai_addrlen);
    endpoint.port(host.port);
    endpoints.emplace_back(endpoint);
  }
  ::freeaddrinfo(list);
  return endpoints;
}

/// The addresses that need nobody's help; empty if the name must be looked up.
std::vector<Endpoint> known_endpoints(const OriginAddress& address) {
  if (const auto* local = std::get_if<UnixPath>(&address))
    return {Endpoint(asio::local::stream_protocol::endpoint(local->path))};
  const auto& [host, port] = std::get<HostPort>(address);
  if (host == "localhost")
    return {tcp::endpoint(asio::ip::address_v4::loopback(), port),
            tcp::endpoint(asio::ip::address_v6::loopback(), port)};
  AsioError not_an_address;
  const auto ip = asio::ip::make_address(host, not_an_address);
  if (not_an_address) return {};
  return {tcp::endpoint(ip, port)};
}

}  // namespace

SocketOrigin::SocketOrigin(OriginAddress address, asio::thread_pool& resolver)
    : address_(std::move(address)), resolver_(resolver) {}

awaitable<Result<std::unique_ptr<ByteStream>>> SocketOrigin::connect() {
  auto executor = co_await asio::this_coro::executor;
  auto endpoints = known_endpoints(address_);
  if (endpoints.empty()) {
    const auto job = [host = std::get<HostPort>(address_)] { return look_up(host); };
    auto found = co_await offload_for(resolver_, job, kOriginConnectTimeout);
    if (!found) co_return fail(Errc::timed_out);
    endpoints = std::move(*found);
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
