// Connected pairs of streams on loopback, and what tests write into and read out of them.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "hardline/base/unique_fd.hpp"
#include "hardline/net/byte_stream.hpp"
#include "hardline/net/socket_stream.hpp"
#include "support/test_io.hpp"

namespace hardline::support {

inline tcp::endpoint loopback(std::uint16_t port = 0) {
  return {asio::ip::address_v4::loopback(), port};
}

/// Buffers of test sockets, small so that whoever writes more than a few of these meets back-pressure.
inline constexpr int kSocketBuffer = 64 * 1024;
/// More than all the buffers on a relay's way hold together.
inline constexpr std::size_t kMoreThanBuffersHold = 3 * 1024 * 1024;

template <class Socket>
void keep_buffers_small(Socket& socket) {
  socket.set_option(asio::socket_base::receive_buffer_size(kSocketBuffer));
  socket.set_option(asio::socket_base::send_buffer_size(kSocketBuffer));
}

/// A listener on a free port of 127.0.0.1, whose connections inherit the small buffers.
inline tcp::acceptor small_listener(TestIo& io) {
  tcp::acceptor acceptor(io.executor(), tcp::v4());
  keep_buffers_small(acceptor);
  acceptor.bind(loopback());
  acceptor.listen();
  return acceptor;
}

inline awaitable<tcp::socket> accepting(tcp::acceptor& acceptor) {
  auto socket = co_await acceptor.async_accept(use_awaitable);
  co_return socket;
}

/// A connected TCP pair. Not a socketpair(2): only TCP has resets.
inline std::pair<tcp::socket, tcp::socket> tcp_pair(TestIo& io) {
  auto acceptor = small_listener(io);
  tcp::socket near(io.executor(), tcp::v4());
  keep_buffers_small(near);
  tcp::socket far(io.executor());
  near.connect(acceptor.local_endpoint());
  acceptor.accept(far);
  return {std::move(near), std::move(far)};
}

using SocketStreamPtr = std::unique_ptr<SocketStream>;

inline std::pair<SocketStreamPtr, SocketStreamPtr> socket_streams(TestIo& io) {
  auto [near, far] = tcp_pair(io);
  return {std::make_unique<SocketStream>(std::move(near)), std::make_unique<SocketStream>(std::move(far))};
}

/// As between this daemon and a program that asks it.
inline std::pair<SocketStreamPtr, SocketStreamPtr> unix_streams(TestIo& io) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) throw std::system_error(last_error());
  const auto stream = [&io](int end) {
    return std::make_unique<SocketStream>(StreamSocket(io.executor(), {AF_UNIX, 0}, end));
  };
  return {stream(ends[0]), stream(ends[1])};
}

/// What was read until a stream ended, and the error unless that was its proper end.
struct ReadToEnd {
  std::string text;
  std::error_code error;
};

inline awaitable<ReadToEnd> reading_to_end(ByteStream& stream) {
  ReadToEnd read;
  std::array<std::byte, 16 * 1024> chunk;
  for (;;) {
    const auto got = co_await read_some(stream, chunk);
    if (!got) read.error = got.error();
    if (!got || *got == 0) co_return read;
    read.text.append(reinterpret_cast<const char*>(chunk.data()), *got);
  }
}

/// Up to `size` octets; fewer only if the stream ends.
inline awaitable<std::string> reading(ByteStream& stream, std::size_t size) {
  std::string text;
  std::array<std::byte, 16 * 1024> chunk;
  while (text.size() < size) {
    const auto wanted = std::span(chunk).first(std::min(chunk.size(), size - text.size()));
    const auto got = co_await read_some(stream, wanted);
    if (!got || *got == 0) break;
    text.append(reinterpret_cast<const char*>(chunk.data()), *got);
  }
  co_return text;
}

inline awaitable<std::error_code> writing(ByteStream& stream, std::string text) {
  const auto octets = as_octets(text);
  co_return co_await write_all(stream, octets);
}

inline awaitable<std::error_code> writing_and_ending(ByteStream& stream, std::string text) {
  const auto octets = as_octets(text);
  const auto error = co_await write_all(stream, octets);
  co_await stream.end_writing();
  co_return error;
}

/// Octets without a period that a lost or doubled block could hide in (xorshift64).
inline std::string noise(std::size_t size, std::uint64_t seed) {
  std::string text(size, '\0');
  std::uint64_t x = seed * 0x9e3779b97f4a7c15U + 1;
  for (auto& c : text) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    c = static_cast<char>(x >> 32);
  }
  return text;
}

}  // namespace hardline::support
