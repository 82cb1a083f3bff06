// A DHT of OpenDHT's own nodes on the loopback interface, in a private network.
#pragma once

#include <opendht/dhtrunner.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "hardline/base/host_port.hpp"
#include "hardline/dht/dht_key.hpp"

namespace hardline::dht {

class DhtSwarm {
 public:
  static constexpr std::uint32_t kNetwork = 0x48417264;  // not the public one, which is 0

  /// The first of `nodes` is on `port`, or on any free one.
  explicit DhtSwarm(std::size_t nodes, std::uint16_t port = 0);
  DhtSwarm(const DhtSwarm&) = delete;
  DhtSwarm& operator=(const DhtSwarm&) = delete;
  ~DhtSwarm();

  std::size_t size() const { return nodes_.size(); }
  HostPort address(std::size_t node = 0) const;

  /// A node leaves, without a word and with all it stored, and another comes. Not the first, by which they enter.
  void replace(std::size_t node);

  /// Puts `value` by one of its nodes and waits until some other has it.
  void put(const DhtKey& key, std::string_view value, std::uint16_t type = 0);
  /// How many of its nodes' values a get finds, under ids of their own.
  std::size_t count(const DhtKey& key);

 private:
  void enter(::dht::DhtRunner& node) const;

  std::vector<std::unique_ptr<::dht::DhtRunner>> nodes_;
};

}  // namespace hardline::dht
