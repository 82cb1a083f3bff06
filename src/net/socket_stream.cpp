#include "hardline/net/socket_stream.hpp"

#include <poll.h>
#include <sys/socket.h>

namespace hardline {
namespace {

Result<std::size_t> result_of(ssize_t count) {
  if (count >= 0) return static_cast<std::size_t>(count);
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return fail(would_block());
  return fail(std::error_code(errno, std::system_category()));
}

}  // namespace

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
  if (written) watch_delivery();
  // A broken pipe is no failure of the connection: the end had come before.
  if (!written && written.error() != would_block() && written.error() != std::errc::broken_pipe)
    told_to_writer_ = written.error();
  return written;
}

awaitable<void> SocketStream::end_writing() {
  AsioError ignored;
  socket_.shutdown(StreamSocket::shutdown_send, ignored);
  if (!ignored) watch_delivery();
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
  delivery_.reset();
  path_check_.reset();
  AsioError ignored;
  socket_.close(ignored);
}

void SocketStream::abort() {
  delivery_.reset();
  path_check_.reset();
  AsioError ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);  // close() now sends RST
  socket_.close(ignored);
}

bool SocketStream::is_hung_up() {
  if (!socket_.is_open()) return false;
  pollfd looked_at{socket_.native_handle(), 0, 0};
  return ::poll(&looked_at, 1, 0) == 1 && (looked_at.revents & POLLHUP) != 0;
}

void SocketStream::watch_delivery() {
  if (!delivery_)
    delivery_ = std::make_unique<DeliveryWatch>(socket_.get_executor(), socket_.native_handle(), [this] { abort(); });
  delivery_->sent();
}

void SocketStream::check_path() {
  if (!socket_.is_open()) return;
  const int descriptor = socket_.native_handle();
  if (has_lost_its_address(descriptor)) return abort();
  if (path_check_ && !path_check_->is_over()) return path_check_->prolong();
  path_check_ = std::make_unique<PathCheck>(socket_.get_executor(), descriptor, [this] { abort(); });
}

}  // namespace hardline
