#include "discovery/dht_swarm.hpp"

#include <chrono>
#include <future>
#include <stdexcept>

namespace hardline::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 20s;
constexpr ssize_t kNoLimit = -1;  // they all have one address, and so would share one allowance

dht::InfoHash infohash(const discovery::DhtKey& key) {
  return {key.bytes().data(), key.bytes().size()};
}

std::unique_ptr<dht::DhtRunner> start_node(std::uint16_t port) {
  dht::DhtRunner::Config config;
  auto& node = config.dht_config.node_config;
  node.network = DhtSwarm::kNetwork;
  node.max_req_per_sec = kNoLimit;
  node.max_peer_req_per_sec = kNoLimit;
  config.bind4.setFamily(AF_INET);
  config.bind4.setAddress("127.0.0.1");
  config.bind4.setPort(port);
  auto runner = std::make_unique<dht::DhtRunner>();
  runner->run(config, {});
  return runner;
}

}  // namespace

DhtSwarm::DhtSwarm(std::size_t nodes, std::uint16_t port) {
  for (std::size_t i = 0; i < nodes; ++i) nodes_.push_back(start_node(i == 0 ? port : 0));
  for (std::size_t i = 1; i < nodes; ++i) nodes_[i]->bootstrap(nodes_[0]->getBound());
}

DhtSwarm::~DhtSwarm() {
  for (const auto& node : nodes_) node->join();
}

HostPort DhtSwarm::address(std::size_t node) const {
  return {"127.0.0.1", nodes_.at(node)->getBoundPort()};
}

void DhtSwarm::put(const discovery::DhtKey& key, std::string_view value, std::uint16_t type) {
  dht::Value stored(reinterpret_cast<const std::uint8_t*>(value.data()), value.size());
  stored.type = type;
  auto done = std::make_shared<std::promise<bool>>();
  const dht::DoneCallback tell = [done](bool success, const auto&) { done->set_value(success); };
  nodes_.back()->put(infohash(key), std::move(stored), tell);
  auto result = done->get_future();
  if (result.wait_for(kPatience) != std::future_status::ready || !result.get())
    throw std::runtime_error("a value could not be put");
}

std::size_t DhtSwarm::count(const discovery::DhtKey& key) {
  auto values = nodes_.front()->get(infohash(key));
  if (values.wait_for(kPatience) != std::future_status::ready) throw std::runtime_error("a get did not end");
  return values.get().size();
}

}  // namespace hardline::test
