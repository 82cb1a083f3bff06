#include "copy_index.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace hardline::cache {

void CopyIndex::load(std::vector<Copy> found, FileTime now) {
  for (auto& copy : found) {
    if (by_name_.contains(copy.name)) continue;
    copy.used = std::min(copy.used, now);
    total_ += copy.size;
    const auto added = by_use_.insert(by_use_.end(), std::move(copy));
    by_name_.emplace(added->name, added);
  }
  by_use_.sort([](const Copy& one, const Copy& other) { return one.used < other.used; });
}

void CopyIndex::add(const std::string& name, std::uint64_t size, FileTime used) {
  remove(name);
  auto next = by_use_.end();
  while (next != by_use_.begin() && std::prev(next)->used > used) --next;
  const auto added = by_use_.insert(next, Copy{name, size, used});
  by_name_.emplace(added->name, added);
  total_ += size;
}

void CopyIndex::used(const std::string& name, FileTime now) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return;
  found->second->used = now;
  by_use_.splice(by_use_.end(), by_use_, found->second);
}

void CopyIndex::remove(const std::string& name) {
  const auto found = by_name_.find(name);
  if (found != by_name_.end()) forget(found->second);
}

void CopyIndex::forget(Order::iterator copy) {
  total_ -= copy->size;
  by_name_.erase(copy->name);
  by_use_.erase(copy);
}

bool CopyIndex::exceeds(std::uint64_t limit) const {
  return reserved_ > limit || total_ > limit - reserved_;  // their sum may overflow
}

CopyIndex::Room CopyIndex::reserve(std::uint64_t octets) {
  // What is reserved already is on its way and cannot be evicted.
  if (reserved_ > max_size_ || octets > max_size_ - reserved_) return {};
  reserved_ += octets;
  Room room{true, {}};
  if (!exceeds(max_size_)) return room;
  const auto kept = max_size_ / 100 * kKeptPercent + max_size_ % 100 * kKeptPercent / 100;
  while (exceeds(kept) && !by_use_.empty()) {
    room.remove.push_back(by_use_.front().name);
    forget(by_use_.begin());
  }
  return room;
}

void CopyIndex::release(std::uint64_t octets) {
  reserved_ -= std::min(octets, reserved_);
}

}  // namespace hardline::cache
