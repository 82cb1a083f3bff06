// The UDP sockets of our DHT node. OpenDHT 2.4.12's own ones wait with select(2), which ends the process at a
// descriptor above 1023, and a daemon with many tunnels has those; nor do they say when the port was taken.
#pragma once

#include <opendht/network_utils.h>

#include <cstdint>
#include <string>
#include <thread>

#include "hardline/base/unique_fd.hpp"

namespace hardline::dht {

/// IPv4 and IPv6 on the same port, or one of them where the machine has but one. Sends from any thread, receives on a
/// thread of its own until stop().
class DhtSocket final : public ::dht::net::DatagramSocket {
 public:
  /// `port` 0 is any free one, and so it becomes where `port` is taken. Throws std::system_error when no socket can be
  /// opened at all.
  explicit DhtSocket(std::uint16_t port);
  ~DhtSocket() override;

  /// Why it is another port than the one asked for; empty if it is not.
  const std::string& problem() const { return problem_; }
  std::uint16_t port() const;

  int sendTo(const ::dht::SockAddr& to, const std::uint8_t* data, std::size_t size, bool replied) override;
  bool hasIPv4() const override { return static_cast<bool>(fd4_); }
  bool hasIPv6() const override { return static_cast<bool>(fd6_); }
  const ::dht::SockAddr& getBoundRef(sa_family_t family) const override;
  void stop() override;

 private:
  std::error_code open_both(std::uint16_t port);
  void receive();
  void drain(int fd);

  std::string problem_;
  UniqueFd fd4_, fd6_;
  UniqueFd stop_;
  ::dht::SockAddr bound4_, bound6_;
  std::thread receiver_;  // the last, since it uses the others
};

}  // namespace hardline::dht
