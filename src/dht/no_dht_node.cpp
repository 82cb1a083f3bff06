// Built instead of dht_node.cpp where there is no OpenDHT (HARDLINE_OPENDHT in CMakeLists.txt).
#include "hardline/dht/dht_node.hpp"

namespace hardline::dht {

class DhtNode::Impl {};

bool has_dht_node() {
  return false;
}

DhtNode::DhtNode(Executor, Resolver&, DhtNodeOptions) {}

DhtNode::~DhtNode() = default;

void DhtNode::start() {}

awaitable<std::error_code> DhtNode::get(DhtKey, std::shared_ptr<Lookup>, Deadline) {
  co_return std::make_error_code(std::errc::not_supported);
}

awaitable<std::error_code> DhtNode::put(DhtKey, std::string, Deadline) {
  co_return std::make_error_code(std::errc::not_supported);
}

DhtNodeStatus DhtNode::status() const {
  return {};
}

void DhtNode::on_change(std::function<void()>) {}

void DhtNode::network_changed() {}

awaitable<void> DhtNode::stop() {
  co_return;
}

}  // namespace hardline::dht
