#include "hardline/store/visit_log.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "hardline/store/peer_database.hpp"
#include "hardline/wire/text.hpp"

namespace hardline::store {
namespace {

using Time = Visit::Time;

struct Entry {
  Visit visit;
  bool is_stored = false;            ///< in some state
  bool is_changed = false;           ///< since it was written
  std::optional<Time> written = {};  ///< none: not since the start
};

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

  PeerStore& store;
  std::unordered_map<KeyHash, Entry> entries;
  std::map<std::string, Shown, std::less<>> shown;  // by label
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
                                       [](const auto& a, const auto& b) { return a.second.number < b.second.number; });
  store.forget_shown(oldest->first);
  shown.erase(oldest);
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
  entry.visit.problem = wire::clean_text(problem, kMaxProblem);
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

std::optional<KeyHash> VisitLog::shown(std::string_view label) const {
  const auto found = impl_->shown.find(label);
  if (found == impl_->shown.end()) return std::nullopt;
  return found->second.key;
}

void VisitLog::show(std::string_view label, const KeyHash& key) {
  const auto found = impl_->shown.find(label);
  if (found != impl_->shown.end() && found->second.key == key) return;
  if (found == impl_->shown.end()) impl_->make_room_for_a_label();
  const Shown now{std::string(label), key, impl_->next_number++};
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
