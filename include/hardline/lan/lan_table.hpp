// What LAN discovery knows and decides, without sockets and without a clock of its own: whom to answer, what was heard
// (docs/protocol.md, "LAN discovery").
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hardline/base/rolling_code.hpp"
#include "hardline/base/service_name.hpp"
#include "hardline/lan/reply_limiter.hpp"
#include "hardline/net/interfaces.hpp"
#include "hardline/rt/asio.hpp"
#include "hardline/wire/lpd.hpp"

namespace hardline::lan {

/// How long an announcement counts.
inline constexpr auto kHeardFor = std::chrono::seconds(90);
/// A multicast copy of an answer serves everybody on the link, so one a second is plenty.
inline constexpr auto kMulticastPause = std::chrono::seconds(1);
/// A service has one endpoint per address of its host; more than a few are somebody else's.
inline constexpr std::size_t kMaxHeardPerKey = 8;
/// Of one address, so that no neighbour crowds the others out: a daemon, and one restarted at another port.
inline constexpr std::size_t kMaxHeardPerKeyAndSource = 2;
/// In all. Well above what a LAN of people has; some 300 kB of strangers' words at worst.
inline constexpr std::size_t kMaxHeard = 512;

/// A published service as the LAN is told of it.
struct LanService {
  ServiceName name;  ///< without its password where `hidepassword` says so
  std::string title;
  bool listed = true;  ///< answer the empty search
};

struct HeardService {
  ServiceName name;
  std::string title;  ///< hostile text
  tcp::endpoint endpoint;
  std::chrono::steady_clock::time_point heard;
};

/// A datagram to send, out of a certain interface.
struct LanDatagram {
  std::string text;
  udp::endpoint to;
  unsigned interface = 0;     ///< index
  asio::ip::address_v4 from;  ///< the source address: ours, on the receiver's subnet
};

/// The group and port of the protocol.
udp::endpoint lan_group();

/// A UUID (RFC 9562 version 4), new each time.
std::string make_cookie();

class LanTable {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;
  using SystemTime = std::chrono::system_clock::time_point;

  /// `cookie` is what our own datagrams are known by.
  LanTable(std::string cookie, SteadyTime now) : cookie_(std::move(cookie)), limiter_(now) {}

  /// Replaces the services that are answered for; `port` is the TLS port they are at, 0 for "not yet": no answers.
  void publish(std::vector<LanService> services, std::uint16_t port);

  struct Outcome {
    std::vector<LanDatagram> send;
    std::optional<HeardService> heard;
  };

  /// Takes a datagram from a stranger that came in by `on`. Whatever is not from a host of one of that interface's own
  /// subnets is ignored, as are our own datagrams.
  Outcome handle(std::string_view datagram, const udp::endpoint& from, const Interface& on, SteadyTime now,
                 SystemTime today);

  /// The texts that search for `key`: one, or two near midnight UTC.
  std::vector<std::string> search_for(const KeyHash& key, SystemTime today) const;
  /// The text that asks "who is there?".
  std::string search_all() const;

  /// What was heard within kHeardFor, newest first.
  std::vector<HeardService> heard(const KeyHash& key, SteadyTime now) const;
  std::vector<HeardService> heard(SteadyTime now) const;

  /// `endpoint` turned out not to be that service.
  void forget(const KeyHash& key, const tcp::endpoint& endpoint);

 private:
  struct Asker {
    udp::endpoint endpoint;
    unsigned interface;
    asio::ip::address_v4 towards;
  };

  std::vector<std::size_t> services_asked_for(const wire::LpdSearch& search, SystemTime today);
  std::vector<std::size_t> listed_services();
  void refresh_codes(SystemTime today);
  std::vector<LanDatagram> answer(const wire::LpdSearch& search, const Asker& asker, SteadyTime now, SystemTime today);
  void note(const HeardService& service, SteadyTime now);
  void drop_oldest(const auto& matches);

  std::string cookie_;
  ReplyLimiter limiter_;

  std::vector<LanService> services_;
  std::uint16_t port_ = 0;
  std::multimap<Hash160Bytes, std::size_t> codes_;  ///< what a search may say -> index into services_
  std::vector<std::uint64_t> codes_days_;           ///< the days codes_ holds
  std::size_t next_listed_ = 0;                     ///< where the next answer to an empty search begins
  std::map<std::pair<std::size_t, unsigned>, SteadyTime> multicast_;  ///< (service, interface) -> last copy sent

  std::vector<HeardService> heard_;  ///< oldest first
};

}  // namespace hardline::lan
