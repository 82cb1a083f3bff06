// A UDP socket that knows by which interface a datagram came, and chooses by which one it leaves (ip(7): IP_PKTINFO).
#pragma once

#include <span>
#include <string_view>

#include "hardline/base/result.hpp"
#include "hardline/lan/lan_table.hpp"
#include "hardline/rt/asio.hpp"

namespace hardline::lan {

/// What it sends reaches the link and no further: TTL 1, unicast too. None of its functions blocks.
class LanSocket {
 public:
  explicit LanSocket(Executor executor) : socket_(executor) {}

  /// Binds wire::kLpdPort on every address, together with whoever shares it: old peers, BitTorrent clients.
  /// Hears the groups it joins, and broadcasts.
  std::error_code open_shared();
  /// Binds a port of its own. Answers go to it: one to the shared port would reach whichever program bound that last.
  std::error_code open_own();
  bool is_open() const { return socket_.is_open(); }
  void close();

  /// Joins or leaves lan_group() on an interface. Joining twice is no error.
  std::error_code join(unsigned interface);
  void leave(unsigned interface);

  std::error_code send(const LanDatagram& datagram);

  struct Received {
    std::string_view text;  ///< in the caller's buffer
    udp::endpoint from;
    unsigned interface = 0;
  };

  /// Completes when there may be something to receive; false when the socket is closed.
  awaitable<bool> readable();
  /// The next datagram that fits into `buffer`; std::errc::operation_would_block when there is none,
  /// std::errc::message_size for one that was longer.
  Result<Received> receive(std::span<char> buffer);

 private:
  std::error_code open(std::uint16_t port, bool shared);
  std::error_code change_membership(int option, unsigned interface);

  udp::socket socket_;
};

}  // namespace hardline::lan
