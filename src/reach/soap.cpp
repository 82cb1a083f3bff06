#include "soap.hpp"

#include <array>

#include "hardline/rt/task_group.hpp"

namespace hardline::reach {
namespace {

constexpr std::size_t kMaxResponse = 16 * 1024;  // of some 500 octets

awaitable<void> exchange(tcp::socket& socket, tcp::endpoint to, const std::string& request, std::string& response) {
  AsioError error;
  co_await socket.async_connect(to, redirect_error(use_awaitable, error));
  const auto octets = asio::buffer(request);
  if (!error) co_await asio::async_write(socket, octets, redirect_error(use_awaitable, error));
  std::array<char, 2048> chunk;
  const auto room = asio::buffer(chunk);
  while (!error && response.size() < kMaxResponse) {
    const auto size = co_await socket.async_read_some(room, redirect_error(use_awaitable, error));
    response.append(chunk.data(), size);
  }
}

}  // namespace

asio::ip::address address_of(const DeviceUrl& url) {
  return asio::ip::make_address(url.address.to_string());
}

std::optional<SoapAnswer> ask(const DeviceUrl& to, const SoapAction& action,
                              const std::optional<asio::ip::address>& from, std::chrono::steady_clock::duration limit) {
  const auto request = format_soap(to, action);
  if (!request) return std::nullopt;
  const tcp::endpoint endpoint(address_of(to), to.port);
  asio::io_context io;
  tcp::socket socket(io);
  AsioError error;
  socket.open(endpoint.protocol(), error);
  if (!error && from) socket.bind({*from, 0}, error);
  if (error) return std::nullopt;
  std::string response;
  TaskGroup tasks(io.get_executor());
  tasks.spawn("soap", exchange(socket, endpoint, *request, response));
  io.run_for(limit);
  socket.close(error);
  io.restart();
  io.run();  // the exchange ends with its socket
  return SoapAnswer::parse(std::move(response));
}

}  // namespace hardline::reach
