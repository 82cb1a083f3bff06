#include "cache.hpp"

namespace hardline::cache {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostFetches = 32;              // at a time; further ones wait for their turn, but not for long:
constexpr auto kTurnLimit = std::chrono::seconds(2);  // slow answers, as of films, can take all turns for hours
constexpr std::size_t kMostUnknown = 4096;
constexpr auto kUnknownFor = std::chrono::hours(1);

}  // namespace

Cache::Cache(CacheSettings settings, CacheTools tools)
    : settings_(std::move(settings)),
      tools_(tools),
      store_(tools.executor, tools.disk, settings_),
      slot_freed_(tools.executor) {
  if (settings_.upstream)
    upstream_.emplace(tools.executor, tools.resolver, *settings_.upstream, settings_.download_rate_limit);
  if (settings_.dynamic_content) mako_.emplace(tools.executor, settings_.directory);
}

void Cache::start() {
  tools_.tasks.spawn("cache", open(shared_from_this()));
}

awaitable<void> Cache::open(std::shared_ptr<Cache> self) {
  co_await self->store_.open();
}

void Cache::close() {
  closed_ = true;
  if (upstream_) upstream_->close();
  if (mako_) mako_->close();
  slot_freed_.notify();
}

std::shared_ptr<Fetch> Cache::fetch(FetchOrder order) {
  auto& place = fetches_[order.name];
  if (place) return place->order().target.target == order.target.target ? place : nullptr;
  place = std::make_shared<Fetch>(tools_.executor, store_, *upstream_, std::move(order));
  auto fetch = place;
  tools_.tasks.spawn("cache fetch", run(shared_from_this(), fetch));
  return fetch;
}

awaitable<void> Cache::run(std::shared_ptr<Cache> self, std::shared_ptr<Fetch> fetch) {
  const auto deadline = Clock::now() + kTurnLimit;
  while (self->running_ >= kMostFetches && !self->closed_ && Clock::now() < deadline)
    co_await self->slot_freed_.wait_until(deadline);
  if (self->running_ >= kMostFetches && !self->closed_) {
    fetch->give_up();
    self->fetches_.erase(fetch->order().name);
    co_return;
  }
  ++self->running_;
  std::exception_ptr bug;
  try {
    co_await fetch->run();
  } catch (...) {  // nobody may wait for it for ever
    bug = std::current_exception();
    fetch->break_off();
  }
  --self->running_;
  self->slot_freed_.notify();
  const auto& order = fetch->order();
  if (order.is_file && fetch->state() == Fetch::State::confirmed && fetch->is_unknown_upstream()) {
    if (self->unknown_upstream_.size() >= kMostUnknown) self->unknown_upstream_.clear();
    self->unknown_upstream_[order.name] =
        Clock::now() + std::min<Clock::duration>(kUnknownFor, self->settings_.max_age);
  }
  self->fetches_.erase(order.name);
  if (bug) std::rethrow_exception(bug);
}

bool Cache::is_unknown_upstream(const std::string& name) const {
  const auto found = unknown_upstream_.find(name);
  return found != unknown_upstream_.end() && Clock::now() < found->second;
}

}  // namespace hardline::cache
