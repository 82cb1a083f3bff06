#include "hardline/discovery/network_finder.hpp"

#include <algorithm>
#include <utility>

#include "hardline/base/log.hpp"
#include "hardline/discovery/dialable.hpp"
#include "hardline/rt/event.hpp"

namespace hardline::discovery {

using std::chrono::steady_clock;
using std::chrono::system_clock;

std::string_view describe(Source source) {
  switch (source) {
    case Source::this_machine: return "this computer";
    case Source::lan: return "the local network";
    case Source::remembered: return "a remembered address";
    case Source::dht: return "the DHT";
    case Source::dht_proxy: return "a DHT proxy";
  }
  return "an unknown source";
}

/// What a search has told its sink, shared by the Search and its coroutines. It stays silent once the Search is gone,
/// which a sink may bring about from inside a call.
class NetworkFinder::State {
 public:
  State(NetworkFinder& finder, const KeyHash& key, CandidateSink& sink)
      : key(key),
        own_port(finder.own_keys_.contains(key) ? finder.own_port_ : std::uint16_t{0}),
        lan(finder.lan_),
        store(finder.store_),
        times(finder.times_),
        changed(finder.executor_),
        sink_(&sink) {}

  bool ended() const { return sink_ == nullptr; }

  void end() {
    sink_ = nullptr;
    listening.reset();
    changed.notify();
  }

  void offer(const tcp::endpoint& endpoint, Source source) {
    const bool known = std::any_of(offered_.begin(), offered_.end(),
                                   [&](const Candidate& candidate) { return candidate.endpoint == endpoint; });
    if (ended() || known || !has_room(endpoint.address(), source)) return;
    const Candidate candidate{endpoint, source};
    offered_.push_back(candidate);
    sink_->found(candidate);
  }

  void ask_lan_once() {
    if (std::exchange(lan_asked_, true)) return;
    lan.search(key);
  }

  /// What was heard is of no use: the LAN is asked now, unless it was already. Its search goes on, whatever answers.
  void ask_lan_now() {
    search_at = std::min(search_at, steady_clock::now());
    changed.notify();
  }

  void lan_finished() { finish(lan_pending_); }
  void store_finished() { finish(store_pending_); }

  const KeyHash key;
  const std::uint16_t own_port;  ///< where this machine serves it itself; 0 if it does not
  LanSearcher& lan;
  store::PeerStore& store;
  const FinderTimes times;
  Event changed;                         ///< the end, or a new search_at
  steady_clock::time_point search_at{};  ///< when the LAN is asked
  std::shared_ptr<void> listening;

 private:
  template <class Predicate>
  std::size_t count_offered(Predicate predicate) const {
    return static_cast<std::size_t>(std::count_if(offered_.begin(), offered_.end(), predicate));
  }

  bool has_room(const asio::ip::address& address, Source source) const {
    const auto remembered =
        count_offered([](const Candidate& candidate) { return candidate.source == Source::remembered; });
    if (source == Source::remembered) return remembered < kMaxRememberedCandidates;
    const auto from_address = count_offered([&](const Candidate& candidate) {
      return candidate.source == Source::lan && candidate.endpoint.address() == address;
    });
    if (source == Source::lan && from_address >= kMaxLanCandidatesPerAddress) return false;
    const auto kept_free = store_pending_ ? kMaxRememberedCandidates - remembered : 0;
    return offered_.size() + kept_free < kMaxCandidates;
  }

  void finish(bool& pending) {
    pending = false;
    if (lan_pending_ || store_pending_ || ended()) return;
    listening.reset();
    sink_->exhausted();
  }

  CandidateSink* sink_;  ///< null once the Search is gone
  std::vector<Candidate> offered_;
  bool lan_asked_ = false;
  bool lan_pending_ = true;
  bool store_pending_ = true;
};

class NetworkFinder::NetworkSearch final : public Search {
 public:
  explicit NetworkSearch(std::shared_ptr<State> state) : state_(std::move(state)) {}
  NetworkSearch(const NetworkSearch&) = delete;
  NetworkSearch& operator=(const NetworkSearch&) = delete;
  ~NetworkSearch() override { state_->end(); }

  std::vector<SourceReport> sources() const override { return {}; }

 private:
  std::shared_ptr<State> state_;
};

NetworkFinder::NetworkFinder(Executor executor, LanSearcher& lan, store::PeerStore& store, TaskGroup& tasks,
                             FinderTimes times)
    : executor_(executor), lan_(lan), store_(store), tasks_(tasks), times_(times) {}

NetworkFinder::~NetworkFinder() = default;

void NetworkFinder::published_here(std::unordered_set<KeyHash> keys, std::uint16_t port) {
  own_keys_ = std::move(keys);
  own_port_ = port;
}

std::unique_ptr<Search> NetworkFinder::find(const KeyHash& key, CandidateSink& sink) {
  const auto state = std::make_shared<State>(*this, key, sink);
  const std::weak_ptr<State> weak = state;
  state->listening = lan_.listen([weak](const HeardService& service) {
    const auto listener = weak.lock();
    if (listener && service.name.key == listener->key) listener->offer(service.endpoint, Source::lan);
  });

  const auto now = steady_clock::now();
  const auto heard = lan_.heard(key);
  const bool fresh = state->own_port != 0 || (!heard.empty() && now - heard.front().heard <= times_.fresh);
  state->search_at = fresh ? now + times_.fresh_head_start : now;
  if (!fresh) state->ask_lan_once();

  std::erase_if(searches_, [](const auto& search) { return search.expired(); });
  searches_.push_back(weak);
  tasks_.spawn("finder: LAN", ask_lan(state));
  tasks_.spawn("finder: remembered addresses", ask_store(state));
  return std::make_unique<NetworkSearch>(state);
}

awaitable<void> NetworkFinder::ask_lan(std::shared_ptr<State> state) {
  auto executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, use_awaitable);  // never from inside find()
  if (state->own_port != 0) state->offer({asio::ip::address_v4::loopback(), state->own_port}, Source::this_machine);
  const auto heard = state->lan.heard(state->key);
  for (const auto& service : heard) state->offer(service.endpoint, Source::lan);

  while (!state->ended() && steady_clock::now() < state->search_at) {
    const auto search_at = state->search_at;
    co_await state->changed.wait_until(search_at);
  }
  if (state->ended()) co_return;
  state->ask_lan_once();
  const auto window_ends = steady_clock::now() + state->times.lan_window;
  while (!state->ended() && steady_clock::now() < window_ends) co_await state->changed.wait_until(window_ends);
  state->lan_finished();
}

awaitable<void> NetworkFinder::ask_store(std::shared_ptr<State> state) {
  auto executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, use_awaitable);  // never from inside find()
  const auto remembered = co_await state->store.addresses(state->key);
  for (const auto& known : remembered)
    if (const auto endpoint = dialable(known.address)) state->offer(*endpoint, Source::remembered);
  state->store_finished();
}

void NetworkFinder::worked(const KeyHash& key, const Candidate& candidate, std::chrono::milliseconds round_trip) {
  if (candidate.source == Source::remembered)
    store_.worked(key, to_host_port(candidate.endpoint), system_clock::now(), round_trip);
}

void NetworkFinder::failed(const KeyHash& key, const Candidate& candidate) {
  if (candidate.source == Source::remembered) {
    store_.failed(key, to_host_port(candidate.endpoint), system_clock::now());
    return;
  }
  lan_.forget(key, candidate.endpoint);
  for (const auto& weak : searches_) {
    const auto search = weak.lock();
    if (!search || search->key != key) continue;
    search->ask_lan_now();
  }
}

void NetworkFinder::learned(const KeyHash& key, std::vector<HostPort> hosts) {
  std::vector<HostPort> kept;
  for (const auto& host : hosts)
    if (const auto endpoint = dialable(host)) kept.push_back(to_host_port(*endpoint));
  // Nothing usable, as while its gateway restarts, is no reason to forget where the service was.
  if (!kept.empty()) store_.learn(key, std::move(kept), system_clock::now());
}

}  // namespace hardline::discovery
