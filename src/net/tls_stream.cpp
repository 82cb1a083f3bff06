#include "hardline/net/tls_stream.hpp"

#include <openssl/err.h>

#include <climits>

namespace hardline {
namespace {

SslPtr new_ssl(SSL_CTX* context) {
  SslPtr ssl(SSL_new(context));
  if (!ssl) throw std::bad_alloc();
  SSL_set_mode(ssl.get(),
               SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  return ssl;
}

}  // namespace

TlsStream::TlsStream(tcp::socket socket, SSL_CTX* context) : socket_(std::move(socket)), ssl_(new_ssl(context)) {
  AsioError ignored;
  socket_.native_non_blocking(true, ignored);
  tune_tcp(socket_.native_handle());
  SSL_set_fd(ssl_.get(), socket_.native_handle());
  SSL_set_accept_state(ssl_.get());
}

TlsStream::TlsStream(Executor executor, SSL_CTX* context) : socket_(executor), ssl_(new_ssl(context)) {
  SSL_set_connect_state(ssl_.get());
}

awaitable<std::error_code> TlsStream::connect(tcp::endpoint endpoint) {
  AsioError ec;
  co_await socket_.async_connect(endpoint, redirect_error(use_awaitable, ec));
  if (ec) co_return ec;
  socket_.native_non_blocking(true, ec);
  tune_tcp(socket_.native_handle());
  SSL_set_fd(ssl_.get(), socket_.native_handle());
  co_return ec;
}

awaitable<std::error_code> TlsStream::handshake() {
  for (;;) {
    if (!socket_.is_open()) co_return std::error_code(asio::error::make_error_code(asio::error::operation_aborted));
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
      handshaken_ = true;
      co_return std::error_code();
    }
    Want want = Want::none;
    const auto error = error_of(result, want);
    if (want == Want::none) co_return error ? error : make_error_code(Errc::peer_closed);
    const auto waited = co_await wait_for(want);
    if (waited) co_return waited;
  }
}

std::error_code TlsStream::error_of(int result, Want& want) {
  const int saved_errno = errno;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: want = Want::read; return would_block();
    case SSL_ERROR_WANT_WRITE: want = Want::write; return would_block();
    case SSL_ERROR_ZERO_RETURN: return {};
    case SSL_ERROR_SYSCALL:
      broken_ = true;
      if (ERR_peek_error() == 0 && saved_errno != 0) {
        failure_ = std::system_category().message(saved_errno);
        return {saved_errno, std::system_category()};
      }
      failure_ = "the connection was cut";
      return Errc::truncated;
    default: break;
  }
  broken_ = true;
  const auto reason = ERR_peek_error();
  char text[256];
  ERR_error_string_n(reason, text, sizeof text);
  failure_ = text;
  ERR_clear_error();
  if (ERR_GET_REASON(reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING) return Errc::truncated;
  return Errc::tls_failed;
}

awaitable<std::error_code> TlsStream::wait_for(Want want) {
  AsioError ec;
  const auto direction = want == Want::write ? tcp::socket::wait_write : tcp::socket::wait_read;
  co_await socket_.async_wait(direction, redirect_error(use_awaitable, ec));
  co_return ec;
}

awaitable<std::error_code> TlsStream::readable() {
  return wait_for(read_wants_);
}

Result<std::size_t> TlsStream::read_now(std::span<std::byte> buffer) {
  if (!socket_.is_open()) return fail(asio::error::make_error_code(asio::error::bad_descriptor));
  std::size_t filled = 0;
  // A record is at most 16 KiB: take what has arrived of several, so that the other side sees fewer, larger writes.
  while (filled < buffer.size() && !read_end_) {
    std::size_t got = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), buffer.data() + filled, buffer.size() - filled, &got);
    if (result == 1) {
      filled += got;
      continue;
    }
    Want want = Want::none;
    const auto error = error_of(result, want);
    if (want == Want::none) {
      read_end_ = error;  // for the next call, if this one has something: OpenSSL and the kernel say it only once
      break;
    }
    read_wants_ = want;
    if (filled == 0) return fail(error);
    break;
  }
  if (filled > 0 || buffer.empty()) return filled;
  if (*read_end_ == Errc::truncated && unannounced_end_is_end_) return 0;
  if (*read_end_) return fail(*read_end_);
  return 0;
}

awaitable<std::error_code> TlsStream::writable() {
  return wait_for(write_wants_);
}

Result<std::size_t> TlsStream::write_now(std::span<const std::byte> data) {
  if (!socket_.is_open()) return fail(asio::error::make_error_code(asio::error::bad_descriptor));
  std::size_t written = 0;
  ERR_clear_error();
  const int result = SSL_write_ex(ssl_.get(), data.data(), data.size(), &written);
  if (result == 1) {
    watch_delivery();
    return written;
  }
  Want want = Want::none;
  const auto error = error_of(result, want);
  if (want != Want::none) write_wants_ = want;
  return fail(error ? error : make_error_code(Errc::peer_closed));
}

awaitable<void> TlsStream::end_writing() {
  // Never again once it is sent: SSL_shutdown() would wait for the peer's, and fail at data that is still coming.
  while (handshaken_ && !broken_ && !close_notify_sent_ && socket_.is_open()) {
    ERR_clear_error();
    const int result = SSL_shutdown(ssl_.get());
    if (result >= 0) {
      close_notify_sent_ = true;
      watch_delivery();
      co_return;
    }
    Want want = Want::none;
    error_of(result, want);
    if (want == Want::none) co_return;
    const auto waited = co_await wait_for(want);
    if (waited) co_return;
  }
}

awaitable<void> TlsStream::failed() {
  AsioError ignored;
  co_await socket_.async_wait(tcp::socket::wait_error, redirect_error(use_awaitable, ignored));
}

void TlsStream::interrupt() {
  AsioError ignored;
  socket_.cancel(ignored);
}

void TlsStream::close() {
  if (!socket_.is_open()) return;
  delivery_.reset();
  path_check_.reset();
  if (handshaken_ && !broken_ && !close_notify_sent_) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }
  AsioError ignored;
  socket_.close(ignored);
}

void TlsStream::abort() {
  broken_ = true;
  delivery_.reset();
  path_check_.reset();
  AsioError ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);  // old peers take anything but RST for an end
  socket_.close(ignored);
}

void TlsStream::watch_delivery() {
  if (!delivery_)
    delivery_ = std::make_unique<DeliveryWatch>(socket_.get_executor(), socket_.native_handle(), [this] { abort(); });
  delivery_->sent();
}

void TlsStream::check_path() {
  if (!socket_.is_open()) return;
  const int descriptor = socket_.native_handle();
  if (has_lost_its_address(descriptor)) return abort();
  if (path_check_ && !path_check_->is_over()) return path_check_->prolong();
  path_check_ = std::make_unique<PathCheck>(socket_.get_executor(), descriptor, [this] { abort(); });
}

}  // namespace hardline
