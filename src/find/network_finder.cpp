#include "hardline/find/network_finder.hpp"

#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

#include "hardline/base/log.hpp"
#include "hardline/net/dialable.hpp"
#include "hardline/rt/event.hpp"
#include "hardline/wire/hosts_list.hpp"

namespace hardline::find {

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

std::string_view source_word(Source source) {
  switch (source) {
    case Source::this_machine: return "this_machine";
    case Source::lan: return "lan";
    case Source::remembered: return "remembered";
    case Source::dht: return "dht";
    case Source::dht_proxy: return "dht_proxy";
  }
  return "unknown";
}

namespace {

bool is_near(Source source) {
  return source == Source::this_machine || source == Source::lan;
}

}  // namespace

/// What a search has told its sink, shared by the Search and its coroutines. It stays silent once the Search is gone,
/// which a sink may bring about from inside a call.
class NetworkFinder::State : public std::enable_shared_from_this<State> {
 public:
  /// One source, and what came of it.
  class Party {
   public:
    explicit Party(Source source, std::string by = {}) { report_.source = source, report_.by = std::move(by); }

    Source source() const { return report_.source; }
    const SourceReport& report() const { return report_; }
    /// Candidates that nobody had named before.
    std::size_t first_named() const { return first_named_; }
    bool has_named(const tcp::endpoint& endpoint) const { return named_.contains(endpoint); }
    bool has_named_at(const asio::ip::address& address) const {
      const auto first = named_.lower_bound({address, 0});
      return first != named_.end() && first->address() == address;
    }
    bool has_ended() const { return report_.state == SourceReport::State::ended; }

    std::size_t further_named() const { return further_named_; }
    /// Its answer is complete with the next one that is.
    bool awaits_its_last_answer() const { return answers_due_ == 1; }

    struct PutOff {
      tcp::endpoint endpoint;
      std::optional<system_clock::time_point> known_since;
    };
    /// False where there are `most` of them already.
    bool put_off(const tcp::endpoint& endpoint, std::optional<system_clock::time_point> known_since, std::size_t most) {
      for (const auto& known : put_off_)
        if (known.endpoint == endpoint) return true;
      if (put_off_.size() >= most) return false;
      put_off_.push_back({endpoint, known_since});
      return true;
    }
    std::vector<PutOff> take_put_off() { return std::exchange(put_off_, {}); }

    /// One more answer than its first, even where it seemed to have ended.
    void expect_another() {
      ++answers_due_;
      report_.error = {};
      if (has_ended()) report_.state = SourceReport::State::asked;
    }
    void asked() {
      if (report_.state == SourceReport::State::waiting) report_.state = SourceReport::State::asked;
    }
    void named(const tcp::endpoint& endpoint, bool first, bool further) {
      named_.insert(endpoint);
      ++report_.candidates;
      if (first) ++first_named_;
      if (first && further) ++further_named_;
    }
    void named_unusable(std::size_t count = 1) { report_.unusable += static_cast<unsigned>(count); }
    /// One of its answers is complete, or failed. What one day's key lacks another's may have.
    void answered(std::error_code error) {
      answered_well_ = answered_well_ || !error;
      if (error) error_ = error;
      if (--answers_due_ > 0) return;
      report_.state = SourceReport::State::ended;
      if (!answered_well_ && report_.candidates == 0) report_.error = error_;
    }

   private:
    SourceReport report_;
    std::set<tcp::endpoint> named_;  ///< usable ones
    std::vector<PutOff> put_off_;    ///< until its answer is complete
    std::size_t first_named_ = 0;
    std::size_t further_named_ = 0;  ///< of those, by what names much
    std::size_t answers_due_ = 1;
    bool answered_well_ = false;
    std::error_code error_;
  };

  State(NetworkFinder& finder, const KeyHash& key, CandidateSink& sink)
      : key(key),
        own_port(finder.own_keys_.contains(key) ? finder.own_port_ : std::uint16_t{0}),
        lan(finder.lan_),
        store(finder.store_),
        times(finder.times_),
        dhts(finder.dhts_),
        changed(finder.executor_),
        executor_(finder.executor_),
        own_endpoints_(finder.own_endpoints_),
        sink_(&sink) {
    for (const auto& [source, dht] : dhts)
      far_.push_back({Party(source, source == Source::dht_proxy ? dht->name() : ""), {}});
    memory_.asked();
    here_.asked();
    here_.answered({});
  }

  bool ended() const { return sink_ == nullptr; }

  void end() {
    sink_ = nullptr;
    stop_listening();
    changed.notify();
    for (const auto& lookup : std::exchange(lookups_, {})) lookup->stop();
  }

  void offer_this_machine() { offer(here_, {asio::ip::address_v4::loopback(), own_port}, {}); }
  void offer_neighbour(const tcp::endpoint& endpoint, std::optional<system_clock::time_point> heard = {}) {
    take(lan_, endpoint, heard, false);
  }
  void offer_remembered(const store::RememberedAddress& known) {
    if (const auto endpoint = dialable(known.address))  // an old database may hold others
      offer(memory_, *endpoint, known.learned);
    else
      memory_.named_unusable();
  }

  void ask_lan_once() {
    if (std::exchange(lan_asked_, true)) return;
    lan_.asked();
    lan.search(key);
  }

  /// What was heard is of no use: the LAN is asked now, unless it was already. Its search goes on, whatever answers.
  void ask_lan_now() {
    search_at = std::min(search_at, Clock::now());
    changed.notify();
  }

  /// Those of `days` that the ways into the DHT are to be asked for now; they then count as asked.
  std::vector<std::uint64_t> take_new_days(const std::vector<std::uint64_t>& days) {
    std::vector<std::uint64_t> fresh;
    for (const auto day : days) {
      if (days_.size() >= kMaxDays || std::find(days_.begin(), days_.end(), day) != days_.end()) continue;
      if (!days_.empty())
        for (auto& [party, arrived] : far_) party.expect_another();
      days_.push_back(day);
      fresh.push_back(day);
    }
    return fresh;
  }

  /// What the `which`th way into the DHT is asked with.
  std::shared_ptr<dht::Lookup> begin_lookup(std::size_t which) {
    far_[which].party.asked();
    auto lookup = std::make_shared<dht::Lookup>([weak = weak_from_this(), which](std::string_view value) {
      if (const auto state = weak.lock()) state->take_value(which, value);
    });
    lookups_.push_back(lookup);
    return lookup;
  }

  void lan_finished() {
    offer_put_off(lan_);
    finish(lan_, {});
  }
  void store_finished() { finish(memory_, {}); }
  void dht_finished(std::size_t which, std::error_code error) {
    offer_arrived(which);
    auto& party = far_[which].party;
    if (party.awaits_its_last_answer()) offer_put_off(party);
    finish(party, error);
  }

  std::vector<SourceReport> reports() const {
    std::vector<SourceReport> all;
    if (own_port != 0) all.push_back(here_.report());
    all.push_back(lan_.report());
    all.push_back(memory_.report());
    for (const auto& [party, arrived] : far_) all.push_back(party.report());
    return all;
  }

  const KeyHash key;
  const std::uint16_t own_port;  ///< where this machine serves it itself; 0 if it does not
  lan::LanSearcher& lan;
  store::PeerStore& store;
  const FinderTimes times;
  const std::vector<DhtSource> dhts;
  Event changed;                         ///< the end, or a new search_at
  steady_clock::time_point search_at{};  ///< when the LAN and the DHT are asked
  std::shared_ptr<void> listening;       ///< to the LAN
  std::shared_ptr<void> clock_listening;

 private:
  struct FarParty {
    Party party;
    std::vector<std::vector<tcp::endpoint>> arrived;  ///< by value; soon to be offered
  };

  /// What makes a source name much, further ports of a host and `further` hosts of a value, gets a part of the room at
  /// once, and what others left of it in the end: nobody hides a host by naming false ports of it, or many hosts.
  void take(Party& party, const tcp::endpoint& endpoint, std::optional<system_clock::time_point> known_since,
            bool further) {
    if (ended() || party.has_named(endpoint)) return;
    further = further || party.has_named_at(endpoint.address());
    if (!further || offered_.contains(endpoint) || party.further_named() < share(party) / kFurtherPart)
      return offer(party, endpoint, known_since, further);
    if (!has_room(party) || !party.put_off(endpoint, known_since, share(party))) party.named_unusable();
  }

  void offer_put_off(Party& party) {
    for (const auto& [endpoint, known_since] : party.take_put_off()) offer(party, endpoint, known_since, true);
  }

  void offer(Party& party, const tcp::endpoint& endpoint, std::optional<system_clock::time_point> known_since,
             bool further = false) {
    if (ended() || party.has_named(endpoint)) return;
    const bool known = offered_.contains(endpoint);
    const bool ours = party.source() != Source::this_machine && own_endpoints_.contains(endpoint);
    if (ours || (!known && !has_room(party))) return party.named_unusable();
    party.named(endpoint, !known, further);
    if (known) return;
    offered_.insert(endpoint);
    const Candidate candidate{endpoint, party.source(), party.report().by, known_since};
    sink_->found(candidate);
  }

  /// Candidates that `party` may be the first to name, at most.
  std::size_t share(const Party& party) const {
    if (is_near(party.source())) return kMaxNearCandidates;
    return std::min(kMaxDhtCandidates, (kMaxCandidates - kMaxNearCandidates) / far_.size());
  }

  bool has_room(const Party& party) const {
    switch (party.source()) {
      case Source::this_machine: return true;
      case Source::remembered: return memory_.first_named() < kMaxRememberedCandidates;
      case Source::lan: {
        const auto kept_free = memory_.has_ended() ? 0 : kMaxRememberedCandidates - memory_.first_named();
        const auto near = here_.first_named() + lan_.first_named() + memory_.first_named();
        return near + kept_free < kMaxNearCandidates;
      }
      default: return party.first_named() < share(party);
    }
  }

  /// Values that come together are offered together, in a random order and one host of each in turn: whoever is first
  /// in the network's order, or says the most, gains nothing by it.
  void take_value(std::size_t which, std::string_view value) {
    auto& [party, arrived] = far_[which];
    const auto hosts = wire::parse_hosts_list(value);
    std::vector<tcp::endpoint> usable;
    for (const auto& host : hosts) {
      const auto endpoint = usable.size() < kMaxHostsPerValue ? dialable(host) : std::nullopt;
      if (endpoint) usable.push_back(*endpoint);
    }
    party.named_unusable(hosts.empty() ? 1 : hosts.size() - usable.size());
    arrived.push_back(std::move(usable));
    if (arrived.size() > 1) return;  // it is on its way
    asio::post(executor_, [weak = weak_from_this(), which] {
      if (const auto state = weak.lock()) state->offer_arrived(which);
    });
  }

  void offer_arrived(std::size_t which) {
    auto values = std::exchange(far_[which].arrived, {});
    std::shuffle(values.begin(), values.end(), random_);
    for (std::size_t turn = 0; turn < kMaxHostsPerValue; ++turn)
      for (const auto& hosts : values)
        if (turn < hosts.size()) take(far_[which].party, hosts[turn], {}, turn > 0);
  }

  void finish(Party& party, std::error_code error) {
    party.answered(error);
    const bool all_ended = lan_.has_ended() && memory_.has_ended() &&
                           std::all_of(far_.begin(), far_.end(), [](const auto& far) { return far.party.has_ended(); });
    if (!all_ended || ended()) return;
    stop_listening();
    sink_->exhausted();
  }

  void stop_listening() {
    listening.reset();
    clock_listening.reset();
  }

  Executor executor_;
  const std::set<tcp::endpoint> own_endpoints_;
  CandidateSink* sink_;  ///< null once the Search is gone
  std::set<tcp::endpoint> offered_;
  Party here_{Source::this_machine};
  Party lan_{Source::lan};
  Party memory_{Source::remembered};
  std::vector<FarParty> far_;  ///< as `dhts`
  std::vector<std::shared_ptr<dht::Lookup>> lookups_;
  std::vector<std::uint64_t> days_;  ///< asked for
  std::minstd_rand random_{std::random_device{}()};
  bool lan_asked_ = false;
};

class NetworkFinder::NetworkSearch final : public Search {
 public:
  explicit NetworkSearch(std::shared_ptr<State> state) : state_(std::move(state)) {}
  NetworkSearch(const NetworkSearch&) = delete;
  NetworkSearch& operator=(const NetworkSearch&) = delete;
  ~NetworkSearch() override { state_->end(); }

  std::vector<SourceReport> sources() const override { return state_->reports(); }

 private:
  std::shared_ptr<State> state_;
};

NetworkFinder::NetworkFinder(Executor executor, lan::LanSearcher& lan, store::PeerStore& store,
                             std::vector<DhtSource> dhts, dht::NetworkClock& clock, TaskGroup& tasks, FinderTimes times)
    : executor_(executor),
      lan_(lan),
      store_(store),
      dhts_(std::move(dhts)),
      clock_(clock),
      tasks_(tasks),
      times_(times) {}

NetworkFinder::~NetworkFinder() = default;

void NetworkFinder::published_here(std::unordered_set<KeyHash> keys, std::uint16_t port) {
  own_keys_ = std::move(keys);
  own_port_ = port;
}

void NetworkFinder::set_own_endpoints(std::set<tcp::endpoint> endpoints) {
  own_endpoints_ = std::move(endpoints);
}

std::unique_ptr<Search> NetworkFinder::find(const KeyHash& key, CandidateSink& sink) {
  const auto state = std::make_shared<State>(*this, key, sink);
  const std::weak_ptr<State> weak = state;
  state->listening = lan_.listen([weak](const lan::HeardService& service) {
    const auto listener = weak.lock();
    if (listener && service.name.key == listener->key) listener->offer_neighbour(service.endpoint);
  });

  const auto now = Clock::now();
  const auto heard = lan_.heard(key);
  const bool fresh = state->own_port != 0 || (!heard.empty() && now - heard.front().heard <= times_.fresh);
  state->search_at = fresh ? now + times_.fresh_head_start : now;
  if (!fresh) state->ask_lan_once();

  std::erase_if(searches_, [](const auto& search) { return search.expired(); });
  searches_.push_back(weak);
  tasks_.spawn("finder: LAN", ask_lan(state));
  tasks_.spawn("finder: remembered addresses", ask_store(state));
  state->clock_listening = clock_.listen([this, weak] {
    if (const auto listener = weak.lock()) ask_dhts(listener);
  });
  ask_dhts(state);
  return std::make_unique<NetworkSearch>(state);
}

/// All of them, for what is under each day that they were not asked for yet.
void NetworkFinder::ask_dhts(const std::shared_ptr<State>& state) {
  for (const auto day : state->take_new_days(clock_.days()))
    for (std::size_t which = 0; which < dhts_.size(); ++which)
      tasks_.spawn("finder: DHT", ask_dht(state, which, dht::DhtKey::of(RollingCode::of(state->key, day))));
}

awaitable<void> NetworkFinder::until_asked(std::shared_ptr<State> state) {
  while (!state->ended() && Clock::now() < state->search_at) {
    const auto search_at = state->search_at;
    co_await state->changed.wait_until(search_at);
  }
}

awaitable<void> NetworkFinder::ask_lan(std::shared_ptr<State> state) {
  auto executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, use_awaitable);  // never from inside find()
  if (state->own_port != 0) state->offer_this_machine();
  const auto heard = state->lan.heard(state->key);
  for (const auto& service : heard) {
    const auto age = std::chrono::duration_cast<system_clock::duration>(Clock::now() - service.heard);
    state->offer_neighbour(service.endpoint, system_clock::now() - age);
  }

  co_await until_asked(state);
  if (state->ended()) co_return;
  state->ask_lan_once();
  const auto window_ends = Clock::now() + state->times.lan_window;
  while (!state->ended() && Clock::now() < window_ends) co_await state->changed.wait_until(window_ends);
  state->lan_finished();
}

awaitable<void> NetworkFinder::ask_store(std::shared_ptr<State> state) {
  auto executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, use_awaitable);  // never from inside find()
  const auto remembered = co_await state->store.addresses(state->key);
  for (const auto& known : remembered) state->offer_remembered(known);
  state->store_finished();
}

awaitable<void> NetworkFinder::ask_dht(std::shared_ptr<State> state, std::size_t which, dht::DhtKey key) {
  auto executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, use_awaitable);  // never from inside find()
  co_await until_asked(state);
  if (state->ended()) co_return;
  const auto lookup = state->begin_lookup(which);
  auto& dht = *state->dhts[which].dht;
  const auto deadline = Clock::now() + state->times.dht_window;
  const auto error = co_await dht.get(key, lookup, deadline);
  lookup->stop();  // whatever still arrives is late
  state->dht_finished(which, error);
}

/// What the LAN answered is not remembered, nor how it did: it is found afresh within milliseconds, and a private
/// address that is dialled in a foreign network later would show the KEYHASH to a stranger there.
void NetworkFinder::worked(const KeyHash& key, const Candidate& candidate, std::chrono::milliseconds round_trip) {
  if (!is_near(candidate.source)) store_.worked(key, to_host_port(candidate.endpoint), system_clock::now(), round_trip);
}

void NetworkFinder::failed(const KeyHash& key, const Candidate& candidate) {
  if (!is_near(candidate.source)) {
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

/// A service names what it likes, and whoever runs it may want us to knock at a host of our own network. So what is
/// not on the Internet is not remembered.
void NetworkFinder::learned(const KeyHash& key, std::vector<HostPort> hosts) {
  std::vector<HostPort> kept;
  for (const auto& host : hosts)
    if (const auto endpoint = dialable(host)) kept.push_back(to_host_port(*endpoint));
  // Nothing usable, as while its gateway restarts, is no reason to forget where the service was.
  if (!kept.empty()) store_.learn(key, std::move(kept), system_clock::now());
}

}  // namespace hardline::find
