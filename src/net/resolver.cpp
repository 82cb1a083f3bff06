#include "hardline/net/resolver.hpp"

#include <netdb.h>

#include <cstring>

#include "hardline/base/errc.hpp"
#include "hardline/rt/offload.hpp"

namespace hardline {
namespace {

std::vector<tcp::endpoint> look_up(const HostPort& where) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  std::vector<tcp::endpoint> endpoints;
  if (::getaddrinfo(where.host.c_str(), nullptr, &hints, &list) != 0) return endpoints;
  for (const auto* entry = list; entry; entry = entry->ai_next) {
    tcp::endpoint endpoint;
    if (entry->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), entry->ai_addr, entry->ai_addrlen);
    endpoint.port(where.port);
    endpoints.push_back(endpoint);
  }
  ::freeaddrinfo(list);
  return endpoints;
}

}  // namespace

awaitable<Result<std::vector<tcp::endpoint>>> Resolver::resolve(HostPort where,
                                                                std::chrono::steady_clock::duration limit, Stop* stop) {
  std::vector<tcp::endpoint> endpoints;
  if (where.host == "localhost") {
    endpoints.emplace_back(asio::ip::address_v4::loopback(), where.port);
    endpoints.emplace_back(asio::ip::address_v6::loopback(), where.port);
    co_return endpoints;
  }
  AsioError not_an_address;
  const auto address = asio::ip::make_address(where.host, not_an_address);
  if (!not_an_address) {
    endpoints.emplace_back(address, where.port);
    co_return endpoints;
  }
  const auto job = [where] { return look_up(where); };
  auto found = co_await offload_for(pool_, job, limit, stop);
  if (!found) co_return fail(stop && stop->requested() ? Errc::cancelled : Errc::timed_out);
  if (found->empty()) co_return fail(AsioError(asio::error::host_not_found));
  co_return std::move(*found);
}

}  // namespace hardline
