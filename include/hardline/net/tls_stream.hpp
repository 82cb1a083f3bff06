// TLS over a TCP socket: OpenSSL on the descriptor itself, driven by readiness. An idle end costs a fifth of what
// asio::ssl::stream costs, and kernel TLS is used where there is one (docs/architecture.md).
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>

#include "hardline/base/errc.hpp"
#include "hardline/net/byte_stream.hpp"
#include "hardline/net/path_check.hpp"

namespace hardline {

struct SslDelete {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslPtr = std::unique_ptr<SSL, SslDelete>;
using SslContextPtr = std::unique_ptr<SSL_CTX, SslDelete>;

class TlsStream final : public ByteStream {
 public:
  /// The server's end: `socket` is connected.
  TlsStream(tcp::socket socket, SSL_CTX* context);
  /// The client's end: connect() first.
  TlsStream(Executor executor, SSL_CTX* context);

  /// To be configured (SNI, application data) before handshake(), and asked afterwards.
  SSL* ssl() const { return ssl_.get(); }

  awaitable<std::error_code> connect(tcp::endpoint endpoint);

  /// Errc::tls_failed for whatever OpenSSL objects to; failure() then says what. No deadline of its own: close() it.
  awaitable<std::error_code> handshake();

  /// What OpenSSL said when something last failed, for logs; empty if nothing did.
  const std::string& failure() const { return failure_; }

  /// Old peers close without close_notify: let a cut connection count as its end. Otherwise it is Errc::truncated.
  void accept_unannounced_end() { unannounced_end_is_end_ = true; }

  awaitable<std::error_code> readable() override;
  Result<std::size_t> read_now(std::span<std::byte> buffer) override;
  awaitable<std::error_code> writable() override;
  Result<std::size_t> write_now(std::span<const std::byte> data) override;
  awaitable<void> end_writing() override;  ///< sends close_notify; never waits for the peer's
  awaitable<void> failed() override;
  void interrupt() override;
  void close() override;  ///< sends close_notify if it can be sent at once
  void abort() override;  ///< no close_notify, and a reset
  void check_path() override;

 private:
  enum class Want { none, read, write };

  std::error_code error_of(int result, Want& want);
  awaitable<std::error_code> wait_for(Want want);
  void watch_delivery();

  tcp::socket socket_;
  SslPtr ssl_;
  Want read_wants_ = Want::read;
  Want write_wants_ = Want::write;
  bool unannounced_end_is_end_ = false;
  bool handshaken_ = false;
  bool close_notify_sent_ = false;
  std::optional<std::error_code> read_end_;  ///< how reading ended for good; no error for close_notify
  bool broken_ = false;                      ///< something failed for good: no close_notify may follow
  std::string failure_;
  std::unique_ptr<DeliveryWatch> delivery_;  ///< once something was written
  std::unique_ptr<PathCheck> path_check_;
};

}  // namespace hardline
