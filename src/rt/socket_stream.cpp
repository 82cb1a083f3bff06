#include "hardline/rt/socket_stream.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

namespace hardline {
namespace {

Result<std::size_t> result_of(ssize_t count) {
  if (count >= 0) return static_cast<std::size_t>(count);
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return fail(would_block());
  return fail(std::error_code(errno, std::system_category()));
}

}  // namespace

void tune_tcp(int descriptor) {
  const auto set = [descriptor](int level, int option, int value) {
    ::setsockopt(descriptor, level, option, &value, sizeof value);
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, 60'000);  // milliseconds
}

SocketStream::SocketStream(StreamSocket socket) : socket_(std::move(socket)) {
  AsioError ignored;
  socket_.native_non_blocking(true, ignored);
  tune_tcp(socket_.native_handle());
}

awaitable<std::error_code> SocketStream::readable() {
  AsioError ec;
  co_await socket_.async_wait(StreamSocket::wait_read, redirect_error(use_awaitable, ec));
  co_return ec;
}

Result<std::size_t> SocketStream::read_now(std::span<std::byte> buffer) {
  if (!socket_.is_open()) return fail(asio::error::make_error_code(asio::error::bad_descriptor));
  const auto got = result_of(::recv(socket_.native_handle(), buffer.data(), buffer.size(), 0));
  if (got && *got == 0 && !buffer.empty() && told_to_writer_) return fail(told_to_writer_);
  return got;
}

awaitable<std::error_code> SocketStream::writable() {
  AsioError ec;
  co_await socket_.async_wait(StreamSocket::wait_write, redirect_error(use_awaitable, ec));
  co_return ec;
}

Result<std::size_t> SocketStream::write_now(std::span<const std::byte> data) {
  if (!socket_.is_open()) return fail(asio::error::make_error_code(asio::error::bad_descriptor));
  const auto written = result_of(::send(socket_.native_handle(), data.data(), data.size(), MSG_NOSIGNAL));
  // A broken pipe is no failure of the connection: the end had come before.
  if (!written && written.error() != would_block() && written.error() != std::errc::broken_pipe)
    told_to_writer_ = written.error();
  return written;
}

awaitable<void> SocketStream::end_writing() {
  AsioError ignored;
  socket_.shutdown(StreamSocket::shutdown_send, ignored);
  co_return;
}

awaitable<void> SocketStream::failed() {
  AsioError ignored;
  co_await socket_.async_wait(StreamSocket::wait_error, redirect_error(use_awaitable, ignored));
}

void SocketStream::interrupt() {
  AsioError ignored;
  socket_.cancel(ignored);
}

void SocketStream::close() {
  AsioError ignored;
  socket_.close(ignored);
}

void SocketStream::abort() {
  AsioError ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);  // close() now sends RST
  socket_.close(ignored);
}

}  // namespace hardline
