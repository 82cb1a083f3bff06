#include "hardline/store/visit_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hardline/base/text.hpp"
#include "peer_database.hpp"

namespace hardline::store {
namespace {

using Time = Visit::Time;

struct Entry {
  Visit visit;
  bool is_stored = false;            ///< in some state
  bool is_changed = false;           ///< since it was written
  std::optional<Time> written = {};  ///< none: not since the start
};

/// As in Shown::label. No label has a space.
std::string label_of(std::string_view label, const Keeper& keeper) {
  return fmt::format("{} {} {}", label, keeper.port, keeper.browser);
}

bool is_older(const Shown* a, const Shown* b) {
  return a->number < b->number;
}

/// It has at least one of them.
Time last_tried(const Visit& visit) {
  return *std::max(visit.reached, visit.missed);
}

/// Orders by what is the least loss.
bool goes_before(const Visit& a, const Visit& b) {
  if (a.reached.has_value() != b.reached.has_value()) return !a.reached;
  return last_tried(a) < last_tried(b);
}

}  // namespace

struct VisitLog::Impl {
  Impl(PeerStore& s, Time now);

  Entry& entry(const KeyHash& key);
  void write(const KeyHash& key, Entry& entry, Time now);
  void write_if_due(const KeyHash& key, Entry& entry, Time now);
  void make_room_for_a_visit();
  void make_room_for_a_label();
  void forget(std::string_view label_and_keeper);
  std::vector<const Shown*> shown_under(std::string_view label) const;

  PeerStore& store;
  std::unordered_map<KeyHash, Entry> entries;
  std::map<std::string, Shown, std::less<>> shown;  // by label and keeper
  std::int64_t next_number = 0;
};

VisitLog::Impl::Impl(PeerStore& s, Time now) : store(s) {
  for (auto& [key, visit] : store.visits()) {
    if ((!visit.reached && !visit.missed) || last_tried(visit) < now - kForgetAfter) {
      store.forget_visit(key);
      continue;
    }
    make_room_for_a_visit();
    entries.emplace(key, Entry{.visit = std::move(visit), .is_stored = true});
  }
  for (auto& one : store.shown()) {
    next_number = one.number + 1;  // they come in its order
    make_room_for_a_label();
    auto label = one.label;
    shown.emplace(std::move(label), std::move(one));
  }
}

Entry& VisitLog::Impl::entry(const KeyHash& key) {
  const auto found = entries.find(key);
  if (found != entries.end()) return found->second;
  make_room_for_a_visit();
  return entries[key];
}

void VisitLog::Impl::write(const KeyHash& key, Entry& entry, Time now) {
  store.write_visits(Visits{{key, entry.visit}});
  entry.is_stored = true;
  entry.is_changed = false;
  entry.written = now;
}

void VisitLog::Impl::write_if_due(const KeyHash& key, Entry& entry, Time now) {
  // A clock that was set back is no reason to wait.
  if (!entry.written || now < *entry.written || now - *entry.written >= kWriteEvery) write(key, entry, now);
}

void VisitLog::Impl::make_room_for_a_visit() {
  if (entries.size() < kMaxVisits) return;
  const auto worst = std::min_element(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return goes_before(a.second.visit, b.second.visit);
  });
  if (worst->second.is_stored) store.forget_visit(worst->first);
  entries.erase(worst);
}

void VisitLog::Impl::make_room_for_a_label() {
  if (shown.size() < kMaxShown) return;
  const auto oldest = std::min_element(shown.begin(), shown.end(),
                                       [](const auto& a, const auto& b) { return is_older(&a.second, &b.second); });
  forget(oldest->first);
}

void VisitLog::Impl::forget(std::string_view label_and_keeper) {
  const auto found = shown.find(label_and_keeper);
  store.forget_shown(found->first);
  shown.erase(found);
}

/// To all keepers.
std::vector<const Shown*> VisitLog::Impl::shown_under(std::string_view label) const {
  std::vector<const Shown*> found;
  const auto prefix = std::string(label) + ' ';
  for (auto one = shown.lower_bound(label); one != shown.end(); ++one) {
    if (one->first != label && !one->first.starts_with(prefix)) break;
    found.push_back(&one->second);
  }
  return found;
}

VisitLog::VisitLog(PeerStore& store, Time now) : impl_(std::make_unique<Impl>(store, now)) {}

VisitLog::~VisitLog() {
  flush();
}

void VisitLog::reached(const KeyHash& key, std::string_view path, Time now) {
  auto& entry = impl_->entry(key);
  const bool is_news = !entry.visit.reached || entry.visit.missed || entry.visit.path != path;
  entry.visit = Visit{now, std::string(path), std::nullopt, {}};
  entry.is_changed = true;
  if (is_news)
    impl_->write(key, entry, now);
  else
    impl_->write_if_due(key, entry, now);
}

void VisitLog::missed(const KeyHash& key, std::string_view problem, Time now) {
  auto& entry = impl_->entry(key);
  const bool is_news = !entry.visit.missed;
  entry.visit.missed = now;
  entry.visit.problem = clean_text(problem, kMaxProblem);
  entry.is_changed = true;
  if (!entry.visit.reached) return;  // until flush(): any page can name services that never were
  if (is_news)
    impl_->write(key, entry, now);
  else
    impl_->write_if_due(key, entry, now);
}

const Visit* VisitLog::visit(const KeyHash& key) const {
  const auto found = impl_->entries.find(key);
  return found == impl_->entries.end() ? nullptr : &found->second.visit;
}

bool VisitLog::may_hold_another(std::string_view label, const Keeper& keeper, const KeyHash& key) const {
  const auto own_label = label_of(label, keeper);
  const Shown* last = nullptr;
  const Shown* last_of_browser = nullptr;
  for (const auto* one : impl_->shown_under(label)) {
    if (one->label == own_label && one->key != key) return true;
    if (!last || is_older(last, one)) last = one;
    const bool is_of_browser = one->label.ends_with(' ' + keeper.browser);
    if (is_of_browser && (!last_of_browser || is_older(last_of_browser, one))) last_of_browser = one;
  }
  if (last_of_browser) last = last_of_browser;
  return last && last->key != key;
}

void VisitLog::show(std::string_view label, const Keeper& keeper, const KeyHash& key) {
  auto own_label = label_of(label, keeper);
  if (!impl_->shown.contains(own_label)) {
    const auto all = impl_->shown_under(label);
    if (all.size() >= kMaxKeepers)
      impl_->forget((*std::min_element(all.begin(), all.end(), is_older))->label);
    else
      impl_->make_room_for_a_label();
  } else if (!may_hold_another(label, keeper, key)) {
    return;
  }
  const Shown now{std::move(own_label), key, impl_->next_number++};
  impl_->shown.insert_or_assign(now.label, now);
  impl_->store.write_shown(now);
}

void VisitLog::flush() {
  Visits unwritten;
  for (auto& [key, entry] : impl_->entries) {
    if (!std::exchange(entry.is_changed, false)) continue;
    entry.is_stored = true;
    unwritten.emplace_back(key, entry.visit);
  }
  if (!unwritten.empty()) impl_->store.write_visits(std::move(unwritten));
}

}  // namespace hardline::store
