// Peers that do only what their test says, and remember what came: deployed peers of 2021, newer ones, strangers.
#pragma once

#include <openssl/err.h>

#include <optional>
#include <vector>

#include "support/tls_peer.hpp"

namespace hardline::support {

/// One end of a TLS connection.
class ScriptedPeer {
 public:
  /// How the other side ended.
  enum class End { none, close_notify, cut };

  ScriptedPeer(TestIo& io, TlsStreamPtr stream) : io_(io), stream_(std::move(stream)) {
    SSL_set_msg_callback(stream_->ssl(), note);
    SSL_set_msg_callback_arg(stream_->ssl(), heard_.get());
  }

  std::error_code handshake() { return io_.await(stream_->handshake()); }

  /// One record, if it is of at most 16 KiB.
  void send(std::string text) {
    if (io_.await(writing(*stream_, std::move(text)))) throw std::runtime_error("the other side does not take this");
  }
  void end_writing() { io_.await(stream_->end_writing()); }

  /// The plaintext of the next record of application data, alone. Throws where the connection ends instead.
  std::string record() {
    auto next = io_.await(next_record());
    if (!next) throw std::runtime_error("the connection ended instead of bringing a record");
    return std::move(*next);
  }
  /// Records until at least `size` octets have come.
  std::vector<std::string> records(std::size_t size) {
    std::vector<std::string> all;
    for (std::size_t got = 0; got < size; got += all.back().size()) all.push_back(record());
    return all;
  }
  /// How the connection ends; throws if a record comes first.
  End wait_for_end() {
    if (io_.await(next_record())) throw std::runtime_error("a record came instead of the end");
    return heard_->end;
  }
  /// The next record, nullopt at the end.
  awaitable<std::optional<std::string>> next_record() {
    std::string record(SSL3_RT_MAX_PLAIN_LENGTH, '\0');
    for (;;) {
      std::size_t got = 0;
      ERR_clear_error();
      const int result = SSL_read_ex(stream_->ssl(), record.data(), record.size(), &got);
      if (result == 1) {
        record.resize(got);
        co_return record;
      }
      const int reason = SSL_get_error(stream_->ssl(), result);
      if (reason != SSL_ERROR_WANT_READ) {
        heard_->end = reason == SSL_ERROR_ZERO_RETURN ? End::close_notify : End::cut;
        co_return std::nullopt;
      }
      const auto failed = co_await stream_->readable();
      if (failed) co_return std::nullopt;
    }
  }

  /// The fatal or warning alert that came last (RFC 8446 section 6).
  std::optional<int> alert() const { return heard_->alert; }
  bool heard_application_data() const { return heard_->application_data; }
  /// Octets that have come in and that TLS did not look at.
  std::size_t unread_octets() const {
    char octets[256];
    const auto count = ::recv(SSL_get_fd(ssl()), octets, sizeof octets, MSG_PEEK | MSG_DONTWAIT);
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }

  /// Ends the connection as old peers do, without a word.
  void leave_without_close_notify() { ::shutdown(SSL_get_fd(ssl()), SHUT_WR); }
  void close() { stream_->close(); }

  SSL* ssl() const { return stream_->ssl(); }
  TlsStream& stream() { return *stream_; }

 private:
  struct Heard {
    std::optional<int> alert;
    bool application_data = false;
    End end = End::none;
  };

  static void note(int sent, int, int type, const void* octets, std::size_t length, SSL* ssl, void* heard) {
    if (sent) return;
    auto& what = *static_cast<Heard*>(heard);
    const auto* bytes = static_cast<const unsigned char*>(octets);
    if (type == SSL3_RT_ALERT && length == 2) what.alert = bytes[1];
    const bool hides_type = SSL_version(ssl) == TLS1_3_VERSION;
    if (type == (hides_type ? SSL3_RT_INNER_CONTENT_TYPE : SSL3_RT_HEADER) && bytes[0] == SSL3_RT_APPLICATION_DATA)
      what.application_data = true;
  }

  TestIo& io_;
  std::unique_ptr<Heard> heard_ = std::make_unique<Heard>();
  TlsStreamPtr stream_;
};

/// A listener with a certificate of certs-test.
class ScriptedServer {
 public:
  ScriptedServer(TestIo& io, const std::string& certificate, const PeerTls& tls = {})
      : io_(io), context_(peer_server_context(certificate, tls)), acceptor_(small_listener(io)) {}

  tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

  /// The next connection, before TLS.
  ScriptedPeer accept() { return {io_, std::make_unique<TlsStream>(io_.await(accepting(acceptor_)), context_.get())}; }
  /// The next connection, TLS standing.
  ScriptedPeer accept_with_tls() {
    auto peer = accept();
    if (const auto failed = peer.handshake()) throw std::runtime_error("no handshake: " + failed.message());
    return peer;
  }
  /// Lets later connections be refused.
  void go_away() { acceptor_.close(); }

 private:
  TestIo& io_;
  SslContextPtr context_;
  tcp::acceptor acceptor_;
};

/// A client that names `sni`, connected to `port` of this machine, before TLS. An empty `sni` names none.
inline ScriptedPeer scripted_client(TestIo& io, std::uint16_t port, const std::string& sni, const PeerTls& tls = {}) {
  const auto context = peer_client_context(tls);
  auto stream = std::make_unique<TlsStream>(io.executor(), context.get());
  if (!sni.empty()) SSL_set_tlsext_host_name(stream->ssl(), sni.c_str());
  if (const auto failed = io.await(stream->connect(loopback(port))))
    throw std::runtime_error("no connection: " + failed.message());
  return {io, std::move(stream)};
}

}  // namespace hardline::support
