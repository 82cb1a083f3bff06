#include "hardline/reach/presence.hpp"

#include <utility>

#include "hardline/base/log.hpp"
#include "hardline/wire/hosts_list.hpp"

namespace hardline::reach {

using std::chrono::steady_clock;

Presence::Presence(Executor executor, dht::DhtNode* node, std::vector<dht::DhtProxy*> proxies, dht::NetworkClock& clock,
                   TaskGroup& tasks, PresenceOptions options, std::function<void()> changed)
    : node_(node),
      proxies_(std::move(proxies)),
      tasks_(tasks),
      configured_(std::move(options.public_addresses)),
      changed_(std::move(changed)),
      news_(executor),
      mapper_(executor, options.port_mapper, [this] { refresh(); }),
      announcer_(executor, node, {proxies_.begin(), proxies_.end()}, clock) {
  if (node_) node_->on_change([this] { node_changed(); });
}

void Presence::start(std::uint16_t p2p_port) {
  p2p_port_ = p2p_port;
  refresh();
  tasks_.spawn("port mapper", mapper_.run(p2p_port));
  tasks_.spawn("announcer", announcer_.run());
  tasks_.spawn("presence: proxies", ask_proxies());
  tasks_.spawn("presence: settling", let_settle());
}

void Presence::publish(bool anything, std::vector<KeyHash> in_dht) {
  if (!std::exchange(dht_wanted_, !in_dht.empty())) ask_proxies_soon();
  if (std::exchange(wanted_, anything) != anything) wait_for_router_until_ = steady_clock::now() + kWaitForRouter;
  mapper_.want(anything);
  refresh();
  news_.notify();
  if (dht_wanted_ && node_) node_->start();  // it also learns how others see us
  announcer_.publish(std::move(in_dht));
}

void Presence::network_changed() {
  forget_what_others_saw();
  refresh();
  mapper_.network_changed();
  announcer_.network_changed();
  ask_proxies_soon();
}

void Presence::close() {
  closed_ = true;
  if (node_) node_->on_change(nullptr);
  mapper_.close();
  announcer_.close();
  news_.notify();
}

void Presence::node_changed() {
  const bool connected = node_->status().state == dht::DhtNodeStatus::State::connected;
  if (!std::exchange(node_connected_, connected) && connected) announcer_.node_connected();
  refresh();
}

bool Presence::waits_for_router() const {
  return mapper_.status().state == PortMapperStatus::State::searching && steady_clock::now() < wait_for_router_until_;
}

/// Some of what is known becomes worth saying by the passing of time alone.
awaitable<void> Presence::let_settle() {
  while (!closed_) {
    refresh();
    auto next = steady_clock::time_point::max();
    if (waits_for_router())
      next = wait_for_router_until_;
    else if (wanted_ && said_.nat != reachability_.nat)
      next = nat_since_ + kNatSettles;
    co_await news_.wait_until(next);
  }
}

/// What others saw before would look like a second router between them and ours.
void Presence::forget_what_others_saw() {
  if (node_) node_->network_changed();
  for (auto* proxy : proxies_) proxy->forget_us();
}

/// A provider that gives the router another address is another network to everybody outside.
void Presence::notice_new_address() {
  const auto told = mapper_.status().external_address;
  if (!told || told->is_unspecified()) return;  // it is not online
  const auto before = std::exchange(gateways_address_, told);
  if (!before || before == told) return;
  forget_what_others_saw();
  announcer_.network_changed();
  ask_proxies_soon();
}

void Presence::refresh() {
  if (closed_ || p2p_port_ == 0 || waits_for_router()) return;
  Observations seen;
  seen.configured = configured_;
  seen.gateway = mapper_.status();
  seen.p2p_port = p2p_port_;
  notice_new_address();
  if (auto local = list_addresses()) seen.local = std::move(*local);
  if (node_) seen.seen_by_dht = node_->status().seen_as;
  for (const auto* proxy : proxies_)
    if (!seen.seen_by_proxy) seen.seen_by_proxy = proxy->status().public_address;

  auto now = work_out(seen);
  say_what_is_new(now);
  reachability_ = std::move(now);
  local_addresses_ = std::move(seen.local);
  std::vector<asio::ip::address_v6> let_in;
  for (const auto& host : reachability_.wan_hosts) {
    AsioError not_v6;
    const auto address = asio::ip::make_address_v6(host.host, not_v6);
    if (!not_v6) let_in.push_back(address);
  }
  mapper_.want_pinholes(std::move(let_in));
  wan_hosts_ = wire::format_hosts_list(reachability_.wan_hosts);
  announcer_.set_hosts(wanted_ ? wan_hosts_ : "");
  changed_();
}

/// Nobody wants to reach a machine that publishes nothing.
void Presence::say_what_is_new(const Reachability& now) {
  if (now.nat != reachability_.nat) {
    nat_since_ = steady_clock::now();
    news_.notify();
  }
  if (!wanted_) return;
  if (now.wan_hosts != said_.wan_hosts)
    log::info("internet: reachable at {}",
              now.wan_hosts.empty() ? "no address known" : wire::format_hosts_list(now.wan_hosts));
  said_.wan_hosts = now.wan_hosts;

  const bool was_well = said_.nat == Nat::none || said_.nat == Nat::mapped;
  const bool is_well = explain(now.nat).empty();
  if (now.nat == said_.nat || (was_well && !is_well && steady_clock::now() < nat_since_ + kNatSettles)) return;
  said_.nat = now.nat;
  if (!is_well) log::warn("internet: {}", explain(now.nat));
}

/// Only where nobody else tells our address: it costs a stranger a request.
awaitable<void> Presence::ask_proxies() {
  while (!closed_) {
    while (!closed_ && steady_clock::now() < ask_proxies_at_) {
      const auto at = ask_proxies_at_;
      co_await news_.wait_until(at);
    }
    ask_proxies_at_ = steady_clock::now() + kAskProxyEvery;
    const bool told_by_others = reachability_.public_v4 && reachability_.told_by != kToldByProxy;
    if (closed_ || !dht_wanted_ || told_by_others) continue;
    for (auto* proxy : proxies_) {
      const auto deadline = steady_clock::now() + kAskProxyLimit;
      const auto failed = co_await proxy->ask_about_us(deadline);
      if (closed_) co_return;
      if (!failed) break;
    }
    refresh();
  }
}

void Presence::ask_proxies_soon() {
  ask_proxies_at_ = steady_clock::now() + kAskProxyAfter;
  news_.notify();
}

}  // namespace hardline::reach
