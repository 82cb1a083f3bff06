#include "hardline/reach/announcer.hpp"

#include <algorithm>
#include <utility>

#include "hardline/base/errc.hpp"
#include "hardline/base/log.hpp"
#include "hardline/rt/event.hpp"
#include "hardline/rt/task_group.hpp"

namespace hardline::reach {
namespace {

using TimePoint = Clock::time_point;

/// How much later than its own deadline a Dht may answer before it is given up.
constexpr auto kGrace = std::chrono::milliseconds(500);
/// Looks for one put before it counts as lost: a value spreads in seconds, packets get lost.
constexpr int kLooks = 2;
/// At most one log line an hour about the way that is taken, and one about there being none, should it change to and
/// fro.
constexpr auto kLogPause = std::chrono::hours(1);

/// For a person. The system's word for a node that nobody answers is about sockets.
std::string describe(const std::error_code& error) {
  return error == std::errc::not_connected ? "no node answers" : error.message();
}

/// A put or get that somebody is waiting for, or not any more.
struct Attempt {
  std::optional<std::error_code> ended;
};

/// What a get after a put has seen.
struct Sighting {
  std::weak_ptr<dht::Lookup> lookup;
  std::size_t values = 0;
  bool found = false;
};

}  // namespace

class Announcer::Impl {
 public:
  Impl(Executor executor, dht::Dht* node, const std::vector<dht::ProxyDht*>& proxies, dht::NetworkClock& clock,
       AnnouncerTimes times)
      : executor_(executor),
        clock_(clock),
        times_(times),
        news_(std::make_shared<Event>(executor)),
        tasks_(executor),
        way_log_(kLogPause),
        trouble_log_(kLogPause) {
    if (node) ways_.push_back({node, nullptr});
    for (auto* proxy : proxies) ways_.push_back({proxy, proxy});
  }

  awaitable<void> run();
  void close();
  void publish(const std::vector<KeyHash>& keys);
  void set_hosts(std::string hosts);
  void network_changed();
  void node_connected();
  const std::map<KeyHash, Announcement>& announcements() const { return announcements_; }

 private:
  /// One of those who can put.
  struct Way {
    dht::Dht* dht;
    dht::ProxyDht* proxy;      ///< null for the node of our own
    TimePoint rests_until{};   ///< it failed
    TimePoint passed_until{};  ///< it loses puts
    bool is_zombie() const { return proxy && proxy->loses_puts(); }
  };

  /// A service under the key of one day.
  using Place = std::pair<KeyHash, std::uint64_t>;
  struct Slot {
    TimePoint due;
    bool busy = false;
    std::optional<TimePoint> last_put = std::nullopt;
    Way* by = nullptr;      ///< of the last put
    unsigned puts = 0;      ///< in a row, by that way and of the same value
    unsigned failures = 0;  ///< in a row
  };

  /// A put that is to be looked for.
  struct Check {
    Place place;
    std::string value;
    Way* by;
    TimePoint due;
    int looks;
  };

  void refresh_slots();
  void start_what_is_due();
  TimePoint next_due() const;
  void put_soon(Slot& slot);
  awaitable<void> put(Place place);
  std::vector<Way*> ways_to_put();
  void taken(const Place& place, Way& way, const std::string& value, bool moved);
  void taken_by_nobody(const Place& place, std::string problem);
  void put_was_overtaken(const Place& place);

  awaitable<void> confirm_puts();
  awaitable<std::optional<bool>> look_for(Check check);
  awaitable<std::optional<bool>> ask(Way& witness, dht::DhtKey key, std::string value);
  std::vector<Way*> witnesses_of(const Way* by);
  void decide(Check check, std::optional<bool> found);
  void put_was_lost(Way& way);

  std::shared_ptr<Attempt> begin(awaitable<std::error_code> put_or_get);
  awaitable<std::error_code> end_of(std::shared_ptr<Attempt> attempt, TimePoint deadline,
                                    std::optional<unsigned> network = {});

  Executor executor_;
  dht::NetworkClock& clock_;
  AnnouncerTimes times_;
  std::vector<Way> ways_;  ///< best first; never changes its length
  std::string hosts_;
  std::map<KeyHash, Announcement> announcements_;
  std::map<Place, Slot> slots_;
  std::vector<Check> checks_;
  unsigned changes_ = 0;          ///< of what is put, or of the network: a put of before is not the last word
  unsigned network_ = 0;          ///< counts network_changed()
  unsigned running_ = 0;          ///< puts under way
  std::optional<bool> is_heard_;  ///< whether somebody took the last put
  Way* last_way_ = nullptr;
  bool closed_ = false;
  std::shared_ptr<Event> news_;  ///< shared with attempts that are left alone
  TaskGroup tasks_;
  log::Limiter way_log_;
  log::Limiter trouble_log_;
  bool warned_ = false;
};

void Announcer::Impl::publish(const std::vector<KeyHash>& keys) {
  const auto is_gone = [&](const auto& entry) {
    return std::find(keys.begin(), keys.end(), entry.first) == keys.end();
  };
  std::erase_if(announcements_, is_gone);
  for (const auto& key : keys) announcements_.try_emplace(key);
  refresh_slots();
  news_->notify();
}

void Announcer::Impl::set_hosts(std::string hosts) {
  if (hosts == hosts_) return;
  hosts_ = std::move(hosts);
  ++changes_;
  for (auto& [key, announcement] : announcements_) announcement.confirmed.reset();
  for (auto& [place, slot] : slots_) {
    slot.puts = 0;
    slot.failures = 0;
    put_soon(slot);
  }
  refresh_slots();
  news_->notify();
}

void Announcer::Impl::network_changed() {
  ++changes_;
  ++network_;
  for (auto& way : ways_) way.rests_until = {};
  for (auto& [place, slot] : slots_) {
    slot.failures = 0;
    // What was put a moment ago is still there; interfaces that come and go all the time are no reason to put it again.
    const auto rested = slot.last_put ? *slot.last_put + times_.retry_after : TimePoint{};
    slot.due = std::min(slot.due, std::max(Clock::now() + times_.settle, rested));
  }
  news_->notify();
}

void Announcer::Impl::node_connected() {
  for (auto& way : ways_)
    if (!way.proxy) way.rests_until = {};
  for (auto& [place, slot] : slots_)
    if (slot.failures > 0) slot.due = Clock::now();
  ++changes_;  // for those being put just now
  news_->notify();
}

void Announcer::Impl::close() {
  closed_ = true;
  news_->notify();
}

/// Changes that go on move nothing: the first decides when.
void Announcer::Impl::put_soon(Slot& slot) {
  slot.due = std::min(slot.due, Clock::now() + times_.settle);
}

/// What is published under which days' keys. What is no longer wanted expires by itself.
void Announcer::Impl::refresh_slots() {
  std::vector<std::uint64_t> days;
  if (!hosts_.empty()) days = clock_.days();
  std::erase_if(slots_, [&](const auto& entry) {
    const auto& [key, day] = entry.first;
    return !announcements_.contains(key) || std::find(days.begin(), days.end(), day) == days.end();
  });
  auto due = Clock::now() + times_.settle;
  for (const auto day : days) {
    for (const auto& [key, announcement] : announcements_) slots_.try_emplace(Place(key, day), Slot{due});
    due += Clock::duration(1);  // the days come best first: all services under the first one, then under the next
  }
}

awaitable<void> Announcer::Impl::run() {
  const auto clock_put_right = clock_.listen([this] { news_->notify(); });
  tasks_.spawn("announcer: confirming", confirm_puts());
  while (!closed_) {
    refresh_slots();
    start_what_is_due();
    const auto next = next_due();
    co_await news_->wait_until(next);
  }
  co_await tasks_.join();
}

void Announcer::Impl::start_what_is_due() {
  const auto now = Clock::now();
  std::vector<std::pair<TimePoint, Place>> due;
  for (const auto& [place, slot] : slots_)
    if (!slot.busy && slot.due <= now) due.emplace_back(slot.due, place);
  std::sort(due.begin(), due.end());
  for (const auto& [since, place] : due) {
    if (running_ >= kPutsAtOnce) return;
    ++running_;
    slots_.at(place).busy = true;
    tasks_.spawn("announcer: put", put(place));
  }
}

TimePoint Announcer::Impl::next_due() const {
  if (slots_.empty()) return TimePoint::max();
  auto next = Clock::now() + times_.look_at_clock;
  if (running_ >= kPutsAtOnce) return next;
  for (const auto& [place, slot] : slots_)
    if (!slot.busy) next = std::min(next, slot.due);
  return next;
}

/// In the order to try them: those in good standing, then those that failed lately, then those that lose puts.
std::vector<Announcer::Impl::Way*> Announcer::Impl::ways_to_put() {
  const auto now = Clock::now();
  std::vector<Way*> good, resting, zombies;
  for (auto& way : ways_) {
    if (way.is_zombie() && now < way.passed_until)
      zombies.push_back(&way);
    else if (now < way.rests_until)
      resting.push_back(&way);
    else
      good.push_back(&way);
  }
  good.insert(good.end(), resting.begin(), resting.end());
  good.insert(good.end(), zombies.begin(), zombies.end());
  return good;
}

awaitable<void> Announcer::Impl::put(Place place) {
  const auto key = dht::DhtKey::of(RollingCode::of(place.first, place.second));
  const auto value = hosts_;
  const auto change = changes_;
  const auto network = network_;
  std::string problem;
  Way* taker = nullptr;
  for (auto* way : ways_to_put()) {
    if (change != changes_) break;  // nobody else need take what is old
    // One put is enough to see whether a zombie has come back to life.
    if (way->is_zombie()) way->passed_until = Clock::now() + times_.zombie_rest;
    const auto deadline = Clock::now() + times_.put_limit;
    const auto attempt = begin(way->dht->put(key, value, deadline));
    const auto error = co_await end_of(attempt, deadline, network);
    if (closed_) break;
    if (error && network != network_) break;  // which says nothing of the way
    if (!error) {
      way->rests_until = {};
      taker = way;
      break;
    }
    log::debug("announcer: {}: {} did not take it: {}", place.first.brief(), way->dht->name(), describe(error));
    way->rests_until = Clock::now() + times_.rest;
    problem += (problem.empty() ? "" : "; ") + way->dht->name() + ": " + describe(error);
  }
  --running_;
  news_->notify();
  if (closed_) co_return;
  if (taker)
    taken(place, *taker, value, network != network_);
  else if (change != changes_)
    put_was_overtaken(place);
  else
    taken_by_nobody(place, std::move(problem));
}

void Announcer::Impl::taken(const Place& place, Way& way, const std::string& value, bool moved) {
  const auto name = way.dht->name();
  if (std::exchange(warned_, false)) log::info("announcer: services are announced again, via {}", name);
  if (is_heard_ == true && last_way_ != &way && way_log_.admit())
    log::info("announcer: services are now announced via {}", name);
  last_way_ = &way;
  if (std::exchange(is_heard_, true) == false)  // what nobody took before may be taken now
    for (auto& [other, slot] : slots_)
      if (slot.failures > 0) slot.due = Clock::now();

  const auto found = slots_.find(place);
  if (found == slots_.end()) return;  // withdrawn meanwhile
  auto& announcement = announcements_.at(place.first);
  if (!announcement.last_put) log::info("announcer: {} is announced via {}", place.first.brief(), name);
  announcement.last_put = clock_.now();
  announcement.by = name;
  announcement.problem.clear();

  auto& slot = found->second;
  slot.busy = false;
  slot.failures = 0;
  slot.last_put = Clock::now();
  slot.due = *slot.last_put + (moved ? times_.retry_after : times_.put_every);
  if (value != hosts_) return put_soon(slot);
  if (std::exchange(slot.by, &way) != &way) slot.puts = 0;
  if (slot.puts++ % times_.confirm_each != 0 && !way.is_zombie()) return;
  std::erase_if(checks_, [&](const Check& check) { return check.place == place; });
  checks_.push_back({place, value, &way, Clock::now() + times_.confirm_after, kLooks});
}

void Announcer::Impl::taken_by_nobody(const Place& place, std::string problem) {
  if (problem.empty()) problem = "there is neither a DHT node nor a proxy";
  is_heard_ = false;
  if (!warned_ && trouble_log_.admit()) {
    warned_ = true;
    log::warn("announcer: nothing takes announcements, so services cannot be found through the DHT ({}); still trying",
              problem);
  }
  const auto found = slots_.find(place);
  if (found == slots_.end()) return;
  auto& slot = found->second;
  auto pause = times_.retry_after;
  for (unsigned i = 0; i < slot.failures && pause < times_.retry_at_most; ++i) pause *= 2;
  ++slot.failures;
  slot.busy = false;
  slot.puts = 0;
  slot.due = Clock::now() + std::min(pause, std::max(times_.retry_after, times_.retry_at_most));
  announcements_.at(place.first).problem = std::move(problem);
}

/// It failed, and what has changed meanwhile may be why, or help: the next one follows soon.
void Announcer::Impl::put_was_overtaken(const Place& place) {
  const auto found = slots_.find(place);
  if (found == slots_.end()) return;
  auto& slot = found->second;
  slot.busy = false;
  slot.failures = 0;
  slot.puts = 0;
  slot.due = Clock::now() + times_.settle;
}

/// One after the other: there is no hurry.
awaitable<void> Announcer::Impl::confirm_puts() {
  while (!closed_) {
    const auto earlier = [](const Check& a, const Check& b) { return a.due < b.due; };
    const auto next = std::min_element(checks_.begin(), checks_.end(), earlier);
    const auto due = next == checks_.end() ? TimePoint::max() : next->due;
    if (due > Clock::now()) {
      co_await news_->wait_until(due);
      continue;
    }
    const auto check = *next;
    checks_.erase(next);
    const auto found = co_await look_for(check);
    if (!closed_) decide(check, found);
  }
}

/// Others first, as a node may find in itself what it was told to put elsewhere.
std::vector<Announcer::Impl::Way*> Announcer::Impl::witnesses_of(const Way* by) {
  const auto now = Clock::now();
  std::vector<Way*> witnesses;
  Way* self = nullptr;
  for (auto& way : ways_) {
    if (&way == by)
      self = &way;
    else if (now >= way.rests_until && !way.is_zombie())
      witnesses.push_back(&way);
  }
  if (self) witnesses.push_back(self);
  return witnesses;
}

/// Whether the value is there; nullopt if nobody could say.
awaitable<std::optional<bool>> Announcer::Impl::look_for(Check check) {
  const auto key = dht::DhtKey::of(RollingCode::of(check.place.first, check.place.second));
  std::optional<bool> found;
  for (auto* witness : witnesses_of(check.by)) {
    // Our own node would always say that it is there.
    const bool is_own_word = witness == check.by && !witness->proxy;
    if (is_own_word && found) break;
    const auto seen = co_await ask(*witness, key, check.value);
    if (closed_) co_return std::nullopt;
    if (seen) found = seen;
    if (found == true) break;
  }
  co_return found;
}

awaitable<std::optional<bool>> Announcer::Impl::ask(Way& witness, dht::DhtKey key, std::string value) {
  const auto sighting = std::make_shared<Sighting>();
  const auto lookup = std::make_shared<dht::Lookup>([sighting, value](std::string_view seen) {
    ++sighting->values;
    if (seen != value) return;
    sighting->found = true;
    if (const auto self = sighting->lookup.lock()) self->stop();
  });
  sighting->lookup = lookup;
  const auto deadline = Clock::now() + times_.confirm_limit;
  const auto attempt = begin(witness.dht->get(key, lookup, deadline));
  const auto error = co_await end_of(attempt, deadline);
  lookup->stop();
  if (sighting->found) co_return true;
  // Under a key that was filled with others' values ours may be beyond those that are read.
  if (error || sighting->values >= dht::Lookup::kMaxValues) co_return std::nullopt;
  co_return false;
}

void Announcer::Impl::decide(Check check, std::optional<bool> found) {
  if (!found || check.value != hosts_ || !slots_.contains(check.place)) return;
  if (!*found && --check.looks > 0) {
    check.due = Clock::now() + 2 * times_.confirm_after;
    const auto is_newer = [&](const Check& other) { return other.place == check.place; };
    if (std::none_of(checks_.begin(), checks_.end(), is_newer)) checks_.push_back(std::move(check));
    news_->notify();
    return;
  }
  announcements_.at(check.place.first).confirmed = found;
  auto& way = *check.by;
  if (!*found) {
    slots_.at(check.place).puts = 0;  // so that the next one is looked for
    log::debug("announcer: {}: announced via {}, but not found there", check.place.first.brief(), way.dht->name());
    if (way.proxy) put_was_lost(way);
  } else if (way.is_zombie()) {
    way.proxy->note_put_lost(false);
    log::info("announcer: {} keeps announcements again", way.dht->name());
  }
}

void Announcer::Impl::put_was_lost(Way& way) {
  const bool known = way.is_zombie();
  way.passed_until = Clock::now() + times_.zombie_rest;
  if (known) return;
  way.proxy->note_put_lost(true);
  log::warn("announcer: {} answers, but loses announcements: not using it for now", way.dht->name());
  for (auto& [place, slot] : slots_)
    if (slot.by == &way) slot.due = Clock::now();
  news_->notify();
}

std::shared_ptr<Attempt> Announcer::Impl::begin(awaitable<std::error_code> put_or_get) {
  auto attempt = std::make_shared<Attempt>();
  auto ended = [attempt, news = news_](std::exception_ptr thrown, std::error_code error) {
    attempt->ended = thrown ? std::make_error_code(std::errc::io_error) : error;
    news->notify();
  };
  asio::co_spawn(executor_, std::move(put_or_get), std::move(ended));
  return attempt;
}

/// On a dead path it would take all of its time: it is given up where `network` is named and gone.
awaitable<std::error_code> Announcer::Impl::end_of(std::shared_ptr<Attempt> attempt, TimePoint deadline,
                                                   std::optional<unsigned> network) {
  const auto give_up = deadline + kGrace;
  const auto is_over = [&] { return closed_ || (network && *network != network_); };
  while (!attempt->ended && !is_over() && Clock::now() < give_up) co_await news_->wait_until(give_up);
  if (attempt->ended) co_return *attempt->ended;
  co_return make_error_code(is_over() ? Errc::cancelled : Errc::timed_out);
}

Announcer::Announcer(Executor executor, dht::Dht* node, std::vector<dht::ProxyDht*> proxies, dht::NetworkClock& clock,
                     AnnouncerTimes times)
    : impl_(std::make_unique<Impl>(executor, node, proxies, clock, times)) {}

Announcer::~Announcer() = default;

awaitable<void> Announcer::run() {
  co_await impl_->run();
}

void Announcer::close() {
  impl_->close();
}

void Announcer::publish(std::vector<KeyHash> keys) {
  impl_->publish(keys);
}

void Announcer::set_hosts(std::string wan_hosts) {
  impl_->set_hosts(std::move(wan_hosts));
}

void Announcer::network_changed() {
  impl_->network_changed();
}

void Announcer::node_connected() {
  impl_->node_connected();
}

const std::map<KeyHash, Announcement>& Announcer::announcements() const {
  return impl_->announcements();
}

}  // namespace hardline::reach
