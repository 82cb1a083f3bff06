// An HTTP server that answers only what its test says, octet by octet.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "hardline/net/tls_stream.hpp"
#include "support/streams.hpp"

namespace hardline::support {

/// One chunk of a chunked body (RFC 9112 section 7.1).
inline std::string chunk(const std::string& text) {
  return fmt::format("{:x}\r\n{}\r\n", text.size(), text);
}
inline constexpr const char* kLastChunk = "0\r\n\r\n";
inline constexpr const char* kChunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

inline std::string http_answer(const std::string& body, const std::string& status = "200 OK",
                               const std::string& fields = "") {
  return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(), fields, body);
}

/// One connection of a client's.
class HttpPeer {
 public:
  HttpPeer(TestIo& io, std::unique_ptr<ByteStream> stream) : io_(io), stream_(std::move(stream)) {}

  /// The next request, head and body. Throws where the connection ends instead.
  std::string request() {
    auto text = io_.await(reading_request(*stream_));
    if (text.empty()) throw std::runtime_error("the connection ended instead of bringing a request");
    return text;
  }

  void send(std::string text) {
    if (io_.await(writing(*stream_, std::move(text)))) throw std::runtime_error("the client does not take this");
  }
  /// Each octet by itself: the client reads it before the next is sent.
  void send_slowly(const std::string& text) {
    for (char c : text) {
      send(std::string(1, c));
      io_.context().poll();
    }
  }
  void end() {
    io_.await(stream_->end_writing());
    stream_->close();
  }
  void cut() { stream_->abort(); }
  /// Waits for the client to leave; true if it sent nothing more.
  bool client_leaves() { return io_.await(reading_to_end(*stream_)).text.empty(); }

  ByteStream& stream() { return *stream_; }

 private:
  static awaitable<std::string> reading_request(ByteStream& stream) {
    std::string text;
    std::size_t wanted = std::string::npos;
    while (text.size() < wanted) {
      const auto more = co_await reading(stream, 1);
      if (more.empty()) co_return std::string();
      text += more;
      if (wanted == std::string::npos && text.ends_with("\r\n\r\n")) wanted = text.size() + content_length(text);
    }
    co_return text;
  }

  static std::size_t content_length(const std::string& head) {
    constexpr std::string_view kName = "\r\nContent-Length: ";
    const auto at = head.find(kName);
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + kName.size()));
  }

  TestIo& io_;
  std::unique_ptr<ByteStream> stream_;
};

class HttpListener {
 public:
  /// On a free port of 127.0.0.1 unless told otherwise; https with `tls`, which outlives it.
  explicit HttpListener(TestIo& io, SSL_CTX* tls = nullptr, tcp::endpoint endpoint = loopback())
      : io_(io), tls_(tls), acceptor_(io.executor(), endpoint) {}

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  HttpPeer accept() {
    auto socket = io_.await(accepting(acceptor_));
    if (!tls_) return {io_, std::make_unique<SocketStream>(std::move(socket))};
    return {io_, std::make_unique<TlsStream>(std::move(socket), tls_)};
  }

  /// The next connection, TLS standing. Only for https.
  HttpPeer accept_with_tls() {
    auto stream = std::make_unique<TlsStream>(io_.await(accepting(acceptor_)), tls_);
    if (const auto error = io_.await(stream->handshake())) throw std::runtime_error("no handshake: " + error.message());
    return {io_, std::move(stream)};
  }

  /// Whether a connection waits that was not accepted.
  bool has_another() {
    acceptor_.non_blocking(true);
    AsioError none;
    tcp::socket socket(io_.executor());
    acceptor_.accept(socket, none);
    return !none;
  }

  /// Lets later connections be refused.
  void go_away() { acceptor_.close(); }

 private:
  TestIo& io_;
  SSL_CTX* tls_;
  tcp::acceptor acceptor_;
};

/// A port of 127.0.0.1 where connections neither stand nor fail: its queue is full.
class DeadPort {
 public:
  explicit DeadPort(TestIo& io) : acceptor_(io.executor(), tcp::v4()), first_(io.executor()) {
    acceptor_.bind(loopback());
    acceptor_.listen(0);
    first_.connect(acceptor_.local_endpoint());
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  tcp::acceptor acceptor_;
  tcp::socket first_;
};

}  // namespace hardline::support
