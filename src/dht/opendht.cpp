#include "opendht.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "dht_socket.hpp"
#include "hardline/base/log.hpp"
#include "hardline/dht/dht.hpp"

namespace hardline::dht {
namespace {

/// What other people's values may take of our memory; OpenDHT's own idea is 64 MiB.
constexpr ssize_t kMaxStored = 8 * 1024 * 1024;

/// The type OpenDHT gives to what its REST proxies are told to put by old servers
/// (docs/protocol.md, "Across the internet"); ours have 0.
constexpr ::dht::ValueType::Id kPutByProxy = 3;

/// Addresses with ports that OpenDHT counts; a NAT that gives a port to each flow fills that with one address.
constexpr std::size_t kMaxTold = 32;

::dht::InfoHash to_infohash(const DhtKey& key) {
  return {key.bytes().data(), key.bytes().size()};
}

std::optional<udp::endpoint> to_endpoint(const sockaddr* address, socklen_t length) {
  udp::endpoint endpoint;
  if (!address || length > endpoint.capacity()) return std::nullopt;
  std::memcpy(endpoint.data(), address, length);
  endpoint.resize(length);
  return endpoint;
}

/// OpenDHT 3 has the address in one member, where OpenDHT 2 has it in two.
template <class Node>
std::optional<udp::endpoint> address_of(const Node& node) {
  if constexpr (requires { node.addr; })
    return to_endpoint(node.addr.get(), node.addr.getLength());
  else
    return to_endpoint(reinterpret_cast<const sockaddr*>(&node.ss), node.sslen);
}

OpenDht::State to_state(::dht::NodeStatus ipv4, ::dht::NodeStatus ipv6) {
  switch (std::max(ipv4, ipv6)) {
    case ::dht::NodeStatus::Connected: return OpenDht::State::connected;
    case ::dht::NodeStatus::Connecting: return OpenDht::State::connecting;
    case ::dht::NodeStatus::Disconnected: break;
  }
  return OpenDht::State::disconnected;
}

bool is_for_us(const ::dht::Value& value) {
  return (value.type == ::dht::ValueType::USER_DATA.id || value.type == kPutByProxy) && !value.data.empty() &&
         value.data.size() <= Lookup::kMaxValueSize;
}

}  // namespace

std::shared_ptr<OpenDht> OpenDht::start(const DhtNodeOptions& options, OnState on_state, Presence presence) {
  return {new OpenDht(options, std::move(on_state), std::move(presence)), end_elsewhere};
}

OpenDht::OpenDht(const DhtNodeOptions& options, OnState on_state, Presence presence) : presence_(std::move(presence)) {
  auto socket = std::make_unique<DhtSocket>(options.port);
  port_ = socket->port();
  problem_ = socket->problem();
  ::dht::DhtRunner::Config config;
  config.dht_config.node_config.network = options.network;
  config.dht_config.node_config.max_store_size = kMaxStored;
  ::dht::DhtRunner::Context context;
  context.sock = std::move(socket);
  context.statusChangedCallback = [on_state = std::move(on_state)](::dht::NodeStatus ipv4, ::dht::NodeStatus ipv6) {
    on_state(to_state(ipv4, ipv6));
  };
  runner_.run(config, std::move(context));
}

OpenDht::~OpenDht() {
  // Without DhtRunner::shutdown(), which would hand stored values on to other nodes if we had asked for that, and would
  // wait in the queue for as long as the node is connecting.
  runner_.join();
}

void OpenDht::end_elsewhere(OpenDht* node) {
  try {
    std::thread([node] { delete node; }).detach();
  } catch (const std::system_error& error) {
    log::error("dht: no thread to end the node on: {}", error.what());  // it goes on, heard by nobody
  }
}

void OpenDht::ping(const std::vector<udp::endpoint>& nodes) {
  if (nodes.empty()) return;
  std::vector<::dht::SockAddr> addresses;
  for (const auto& node : nodes) addresses.emplace_back(node.data(), static_cast<socklen_t>(node.size()));
  runner_.bootstrap(std::move(addresses));
}

void OpenDht::get(const DhtKey& key, OnValues on_values, OnDone on_done) {
  const ::dht::GetCallback found =
      [on_values = std::move(on_values)](const std::vector<std::shared_ptr<::dht::Value>>& values) {
        std::vector<std::string> texts;
        for (const auto& value : values)
          if (is_for_us(*value)) texts.emplace_back(value->data.begin(), value->data.end());
        return texts.empty() || on_values(std::move(texts));
      };
  const ::dht::DoneCallback done = [on_done = std::move(on_done)](bool success, const auto&) { on_done(success); };
  runner_.get(to_infohash(key), found, done);
}

void OpenDht::put(const DhtKey& key, std::uint64_t id, std::string_view value, OnDone on_done) {
  auto stored = std::make_shared<::dht::Value>(reinterpret_cast<const std::uint8_t*>(value.data()), value.size());
  stored->id = id;
  const ::dht::DoneCallback done = [on_done = std::move(on_done)](bool success, const auto&) { on_done(success); };
  // What is not permanent is sent with the time of day, and others let it expire by that: where this computer's clock
  // is more than ten minutes slow, they would throw it away as it comes.
  constexpr bool kPermanent = true;
  runner_.put(to_infohash(key), std::move(stored), done, ::dht::time_point::max(), kPermanent);
}

void OpenDht::end_put(const DhtKey& key, std::uint64_t id) {
  runner_.cancelPut(to_infohash(key), id);
}

void OpenDht::network_changed() {
  runner_.connectivityChanged();
}

OpenDht::Report OpenDht::report() const {
  Report report{runner_.getNodesStats(AF_INET), runner_.getNodesStats(AF_INET6), {}, {}, false};
  std::size_t count = 0;
  for (const sa_family_t family : {AF_INET, AF_INET6}) {
    bool first = true;  // they come in the order of how often they were told
    for (const auto& told : runner_.getPublicAddress(family)) {
      ++count;
      const auto endpoint = to_endpoint(told.get(), told.getLength());
      if (!endpoint) continue;
      report.told.push_back(endpoint->address());
      if (std::exchange(first, false)) report.seen_as.push_back(endpoint->address());
    }
  }
  report.told_is_full = count >= kMaxTold;
  return report;
}

std::vector<udp::endpoint> OpenDht::good_nodes() const {
  std::vector<udp::endpoint> nodes;
  for (const auto& node : runner_.exportNodes())
    if (const auto endpoint = address_of(node)) nodes.push_back(*endpoint);
  return nodes;
}

}  // namespace hardline::dht
