#include "hardline/tunnel/dial_order.hpp"

#include <algorithm>
#include <tuple>

namespace hardline::tunnel {

using find::Candidate;
using find::Source;

void DialOrder::add(const Candidate& candidate, std::optional<Time> only_after) {
  if (!known_.insert(candidate.endpoint).second) return;
  const bool neighbour = candidate.source == Source::this_machine || candidate.source == Source::lan;
  const auto is_far = [](const Waiting& waiting) { return !waiting.near; };
  const auto far_before = std::count_if(waiting_.begin(), waiting_.end(), is_far);
  waiting_.push_back({candidate, neighbour && !only_after, only_after});
  if (waiting_.back().near) return;
  if (far_before == 0) delay_ = times_.between;
  delay_ =
      std::min(delay_, std::clamp(times_.begun_within / (far_before + 1), times_.between_at_least, times_.between));
}

bool DialOrder::has_place(const Candidate& candidate) const {
  return running_.size() < kMaxAtATime && (candidate.source != Source::lan || running_on_lan_ < kMaxOnLan);
}

std::optional<std::size_t> DialOrder::next_near() const {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), [this](const Waiting& waiting) {
    return waiting.near && has_place(waiting.candidate);
  });
  if (found == waiting_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - waiting_.begin());
}

bool DialOrder::far_is_due(Time now) const {
  return !last_far_ || now >= *last_far_ + delay_;
}

/// Whoever has begun least often, of the family that was not the last; place or not.
std::optional<std::size_t> DialOrder::next_far(Time now) const {
  std::optional<std::size_t> best;
  std::tuple<bool, bool, std::size_t> rank_of_best;
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    const auto& [candidate, near, only_after] = waiting_[i];
    if (near || (only_after && now < *only_after)) continue;
    const bool family_again = last_far_was_v6_ && *last_far_was_v6_ == candidate.endpoint.address().is_v6();
    const auto begun = begun_of_.find({candidate.source, candidate.by});
    const std::tuple rank(only_after.has_value(), family_again, begun == begun_of_.end() ? 0 : begun->second);
    if (best && rank_of_best <= rank) continue;
    best = i;
    rank_of_best = rank;
  }
  return best;
}

std::optional<DialOrder::Begun> DialOrder::next(Time now) {
  if (begun_ == kMaxInAll) return std::nullopt;
  if (const auto near = next_near()) return begin(*near, now);
  if (!far_is_due(now)) return std::nullopt;
  const auto far = next_far(now);
  if (!far || !has_place(waiting_[*far].candidate)) return std::nullopt;
  return begin(*far, now);
}

DialOrder::Begun DialOrder::begin(std::size_t index, Time now) {
  const auto waiting = waiting_[index];
  const auto& candidate = waiting.candidate;
  waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(index));
  const Id id = begun_++;
  auto& running = running_[id];
  running.began = now;
  running.near = waiting.near;
  running.on_lan = candidate.source == Source::lan;
  if (running.on_lan) ++running_on_lan_;
  if (!waiting.near) {
    ++begun_of_[{candidate.source, candidate.by}];
    last_far_ = now;
    last_far_was_v6_ = candidate.endpoint.address().is_v6();
  }
  return {id, candidate};
}

void DialOrder::connected(Id id) {
  running_.at(id).connected = true;
}

void DialOrder::ended(Id id, bool failed) {
  const auto running = running_.find(id);
  if (failed && !running->second.near) last_far_.reset();
  if (running->second.on_lan) --running_on_lan_;
  running_.erase(running);
}

const Candidate* DialOrder::blocked() const {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [this](const Waiting& waiting) { return !has_place(waiting.candidate); });
  return found == waiting_.end() ? nullptr : &found->candidate;
}

bool DialOrder::is_in_the_way(const Running& running, const Candidate& of) const {
  return of.source != Source::lan || running_on_lan_ < kMaxOnLan || running.on_lan;
}

std::optional<DialOrder::Id> DialOrder::to_give_way(Time now) {
  const auto* waits = some_give_way() || begun_ == kMaxInAll ? nullptr : blocked();
  if (!waits) return std::nullopt;
  std::optional<Id> first;
  const auto rank = [this](Id id) { return std::tuple(running_.at(id).connected, running_.at(id).began); };
  for (const auto& [id, running] : running_) {
    const bool may_stay = now < running.began + times_.gives_way_after;
    if (!may_stay && is_in_the_way(running, *waits) && (!first || rank(id) < rank(*first))) first = id;
  }
  if (first) running_.at(*first).gives_way = true;
  return first;
}

/// Its end is near, and then there is a place.
bool DialOrder::some_give_way() const {
  return std::any_of(running_.begin(), running_.end(), [](const auto& entry) { return entry.second.gives_way; });
}

DialOrder::Time DialOrder::wake_at() const {
  auto wake = Time::max();
  if (begun_ == kMaxInAll) return wake;
  for (const auto& [candidate, near, only_after] : waiting_) {
    if (near || !has_place(candidate)) continue;
    wake = std::min(wake, std::max(last_far_ ? *last_far_ + delay_ : Time(), only_after.value_or(Time())));
  }
  if (const auto* waits = some_give_way() ? nullptr : blocked())
    for (const auto& [id, running] : running_)
      if (is_in_the_way(running, *waits)) wake = std::min(wake, running.began + times_.gives_way_after);
  return wake;
}

}  // namespace hardline::tunnel
