// A plain TCP or Unix socket as a ByteStream.
#pragma once

#include <memory>

#include "hardline/net/byte_stream.hpp"
#include "hardline/net/path_check.hpp"

namespace hardline {

using StreamSocket = asio::generic::stream_protocol::socket;

class SocketStream final : public ByteStream {
 public:
  /// Takes a connected socket over and makes it non-blocking; TCP_NODELAY and keep-alive where it is TCP.
  explicit SocketStream(StreamSocket socket);

  awaitable<std::error_code> readable() override;
  Result<std::size_t> read_now(std::span<std::byte> buffer) override;
  awaitable<std::error_code> writable() override;
  Result<std::size_t> write_now(std::span<const std::byte> data) override;
  awaitable<void> end_writing() override;
  awaitable<void> failed() override;
  void interrupt() override;
  void close() override;
  void abort() override;
  /// Also once both sides have ended their directions.
  bool is_hung_up() override;
  void check_path() override;

  bool is_open() const { return socket_.is_open(); }

 private:
  void watch_delivery();

  StreamSocket socket_;
  /// A socket tells of its failure once. If a write was told, the read that follows would find an end.
  std::error_code told_to_writer_;
  std::unique_ptr<DeliveryWatch> delivery_;  ///< once something was written
  std::unique_ptr<PathCheck> path_check_;
};

}  // namespace hardline
