#include "dht/dht_swarm.hpp"

#include <chrono>
#include <future>
#include <stdexcept>
#include <utility>

#include "dht/dht_socket.hpp"
#include "hardline/rt/asio.hpp"

namespace hardline::dht {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 20s;
constexpr ssize_t kNoLimit = -1;  // they all have one address, and so would share one allowance

::dht::InfoHash infohash(const DhtKey& key) {
  return {key.bytes().data(), key.bytes().size()};
}

std::unique_ptr<::dht::DhtRunner> start_node(std::uint16_t port) {
  ::dht::DhtRunner::Config config;
  auto& node = config.dht_config.node_config;
  node.network = DhtSwarm::kNetwork;
  node.max_req_per_sec = kNoLimit;
  node.max_peer_req_per_sec = kNoLimit;
  ::dht::DhtRunner::Context context;
  // Ours, since OpenDHT's own closes its descriptors while other threads use them.
  context.sock = std::make_unique<DhtSocket>(port);
  auto runner = std::make_unique<::dht::DhtRunner>();
  runner->run(config, std::move(context));
  return runner;
}

}  // namespace

DhtSwarm::DhtSwarm(std::size_t nodes, std::uint16_t port) {
  for (std::size_t i = 0; i < nodes; ++i) nodes_.push_back(start_node(i == 0 ? port : 0));
  for (std::size_t i = 1; i < nodes; ++i) enter(*nodes_[i]);
}

void DhtSwarm::enter(::dht::DhtRunner& node) const {
  const tcp::endpoint first(asio::ip::address_v4::loopback(), nodes_.front()->getBoundPort());
  node.bootstrap(::dht::SockAddr(first.data(), static_cast<socklen_t>(first.size())));
}

void DhtSwarm::replace(std::size_t node) {
  nodes_.at(node)->join();
  nodes_[node] = start_node(0);
  enter(*nodes_[node]);
}

DhtSwarm::~DhtSwarm() {
  for (const auto& node : nodes_) node->join();
}

HostPort DhtSwarm::address(std::size_t node) const {
  return {"127.0.0.1", nodes_.at(node)->getBoundPort()};
}

void DhtSwarm::put(const DhtKey& key, std::string_view value, std::uint16_t type) {
  ::dht::Value stored(reinterpret_cast<const std::uint8_t*>(value.data()), value.size());
  stored.type = type;
  auto done = std::make_shared<std::promise<bool>>();
  const ::dht::DoneCallback tell = [done](bool success, const auto&) { done->set_value(success); };
  nodes_.back()->put(infohash(key), std::move(stored), tell);
  auto result = done->get_future();
  if (result.wait_for(kPatience) != std::future_status::ready || !result.get())
    throw std::runtime_error("a value could not be put");
}

std::size_t DhtSwarm::count(const DhtKey& key) {
  auto values = nodes_.front()->get(infohash(key));
  if (values.wait_for(kPatience) != std::future_status::ready) throw std::runtime_error("a get did not end");
  return values.get().size();
}

}  // namespace hardline::dht
