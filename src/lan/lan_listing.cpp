#include "hardline/lan/lan_listing.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "hardline/base/ascii.hpp"
#include "hardline/rt/clock.hpp"

namespace hardline::lan {
namespace {

constexpr std::size_t kSearchesUnanswered = 3;  // one packet is lost now and then, three in a row hardly ever
constexpr std::size_t kSearchesKept = 8;        // a few more than can have been sent within the time for an answer

}  // namespace

struct LanListing::Impl : std::enable_shared_from_this<LanListing::Impl> {
  using Place = std::pair<KeyHash, tcp::endpoint>;
  struct ToldPassword {
    Password password;
    asio::ip::address by;
  };

  Impl(Executor executor, LanSearcher& searcher, TaskGroup& group, const LanListingTimes& t)
      : lan(searcher), tasks(group), times(t), changed(executor), wake(executor) {}

  void begin_to_look();
  void end_looking();
  void plan_search();
  void search_as_planned();
  bool is_looked_at() const { return lookers > 0 || Clock::now() < glance_ends; }
  static awaitable<void> run(std::shared_ptr<Impl> self);
  void search(Clock::time_point now);
  void hear(const ServiceName& name, const asio::ip::address& machine);
  void forget_all_but(const std::vector<Place>& places);
  bool is_gone(const HeardService& service, Clock::time_point now) const;
  std::vector<HeardService> present(Clock::time_point now) const;
  std::vector<Place> places(Clock::time_point now) const;

  LanSearcher& lan;
  TaskGroup& tasks;
  const LanListingTimes times;
  Event changed;  ///< the list
  Event wake;     ///< what run() waits for
  std::size_t lookers = 0;
  Clock::time_point glance_ends{};
  bool running = false;
  bool closed = false;
  std::deque<Clock::time_point> searches;  ///< when the last ones were sent, oldest first
  Clock::time_point next_search{};
  std::map<KeyHash, ToldPassword> passwords;
  std::set<KeyHash> asked;  ///< for their passwords
  std::size_t may_ask = 0;  ///< until the next search
  std::vector<Place> told;  ///< who was there when it was last told
  Clock::time_point told_at{};
  bool has_news = false;  ///< since then
};

void LanListing::Impl::begin_to_look() {
  ++lookers;
  plan_search();
  search_as_planned();
}

void LanListing::Impl::plan_search() {
  const auto now = Clock::now();
  next_search = searches.empty() ? now : std::min(next_search, std::max(now, searches.back() + times.search_pause));
}

/// By run(), which ends at once where nobody looks.
void LanListing::Impl::search_as_planned() {
  if (closed) return;
  wake.notify();
  if (!std::exchange(running, true)) tasks.spawn("lan listing", run(shared_from_this()));
}

void LanListing::Impl::end_looking() {
  --lookers;
  wake.notify();
}

awaitable<void> LanListing::Impl::run(std::shared_ptr<Impl> self) {
  auto& listing = *self;
  const auto& times = listing.times;
  const auto listening = listing.lan.listen([&listing](const HeardService& service) {
    listing.hear(service.name, service.endpoint.address());
    if (!std::exchange(listing.has_news, true)) listing.wake.notify();
  });
  while (listing.is_looked_at() && !listing.closed) {
    const auto now = Clock::now();
    if (now >= listing.next_search) listing.search(now);
    auto places = listing.places(now);
    listing.forget_all_but(places);
    if (places != listing.told) listing.has_news = true;
    if (listing.has_news && now >= listing.told_at + times.news_pause) {
      listing.told = std::move(places);
      listing.told_at = now;
      listing.has_news = false;
      listing.changed.notify();
    }
    auto due = std::min(listing.next_search, now + times.answer_within);
    if (listing.has_news) due = std::min(due, listing.told_at + times.news_pause);
    co_await listing.wake.wait_until(due);
  }
  listing.running = false;
}

void LanListing::Impl::search(Clock::time_point now) {
  may_ask = kKeysAsked;
  lan.search_all();
  searches.push_back(now);
  if (searches.size() > kSearchesKept) searches.pop_front();
  next_search = now + times.search_every;
}

/// Whether a password is right nobody can tell from here, and anybody can answer: one that would lead a link elsewhere
/// is not taken, and none replaces what another machine said first, as long as that is there.
void LanListing::Impl::hear(const ServiceName& name, const asio::ip::address& machine) {
  if (name.password) {
    if (!name.password->fits_in_host()) return;
    const auto [known, is_new] = passwords.try_emplace(name.key, ToldPassword{*name.password, machine});
    if (!is_new && known->second.by == machine) known->second.password = *name.password;
  } else if (may_ask > 0 && !passwords.contains(name.key) && asked.insert(name.key).second) {
    --may_ask;
    lan.search(name.key);
  }
}

void LanListing::Impl::forget_all_but(const std::vector<Place>& places) {
  const auto is_there = [&places](const KeyHash& key, const auto& at_machine) {
    auto place = std::lower_bound(places.begin(), places.end(), key,
                                  [](const Place& one, const KeyHash& other) { return one.first < other; });
    for (; place != places.end() && place->first == key; ++place)
      if (at_machine(place->second.address())) return true;
    return false;
  };
  const auto any = [](const asio::ip::address&) { return true; };
  std::erase_if(asked, [&](const KeyHash& key) { return !is_there(key, any); });
  std::erase_if(passwords, [&](const auto& known) {
    const auto& [key, told] = known;
    const bool is_gone = !is_there(key, [&told = told](const auto& machine) { return machine == told.by; });
    if (is_gone) asked.erase(key);  // who is left is asked
    return is_gone;
  });
}

bool LanListing::Impl::is_gone(const HeardService& service, Clock::time_point now) const {
  if (now - service.heard <= times.gone_after) return false;
  const auto unanswered = std::count_if(searches.begin(), searches.end(), [&](Clock::time_point sent) {
    return sent > service.heard && now - sent >= times.answer_within;
  });
  return static_cast<std::size_t>(unanswered) >= kSearchesUnanswered;
}

std::vector<HeardService> LanListing::Impl::present(Clock::time_point now) const {
  auto services = lan.heard();
  std::erase_if(services, [&](const auto& service) { return is_gone(service, now); });
  return services;
}

std::vector<LanListing::Impl::Place> LanListing::Impl::places(Clock::time_point now) const {
  std::vector<Place> places;
  for (const auto& service : present(now)) places.emplace_back(service.name.key, service.endpoint);
  std::sort(places.begin(), places.end());
  return places;
}

LanListing::LanListing(Executor executor, LanSearcher& lan, TaskGroup& tasks, LanListingTimes times)
    : impl_(std::make_shared<Impl>(executor, lan, tasks, times)) {}

LanListing::~LanListing() {
  close();
}

std::shared_ptr<void> LanListing::look() {
  impl_->begin_to_look();
  return {impl_.get(), [impl = impl_](void*) { impl->end_looking(); }};
}

void LanListing::glance() {
  impl_->plan_search();
  impl_->glance_ends = impl_->next_search + impl_->times.answer_within;
  impl_->search_as_planned();
}

std::vector<Neighbour> LanListing::neighbours() const {
  const auto now = Clock::now();
  std::vector<Neighbour> neighbours;
  for (const auto& service : impl_->present(now)) {  // newest first
    auto known = std::find_if(neighbours.begin(), neighbours.end(),
                              [&](const Neighbour& neighbour) { return neighbour.key == service.name.key; });
    if (known == neighbours.end()) {
      const auto ago = std::chrono::duration_cast<std::chrono::milliseconds>(now - service.heard);
      known = neighbours.insert(known, Neighbour{service.name.key, service.title, {}, ago});
      const auto password = impl_->passwords.find(service.name.key);
      if (password != impl_->passwords.end()) known->password = password->second.password;
    }
    const bool is_new = std::none_of(known->machines.begin(), known->machines.end(), [&](const auto& machine) {
      return machine.address() == service.endpoint.address();
    });
    if (is_new) known->machines.push_back(service.endpoint);
  }
  std::sort(neighbours.begin(), neighbours.end(), [](const Neighbour& a, const Neighbour& b) {
    return std::tuple(to_lower(a.title), a.key) < std::tuple(to_lower(b.title), b.key);
  });
  return neighbours;
}

Event& LanListing::changed() {
  return impl_->changed;
}

void LanListing::close() {
  impl_->closed = true;
  impl_->wake.notify();
  impl_->changed.notify();
}

bool LanListing::is_closed() const {
  return impl_->closed;
}

}  // namespace hardline::lan
