// Which copies there are, how large, and which was used last: what maxSize is held with, without looking at the disk.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "folder.hpp"

namespace hardline::cache {

/// The room that the copies and their sidecars take, in octets, and those that are just being fetched. Only copies are
/// known here
/// (`…@http`): files put there by hand, `@mako` and `@data` neither count nor are ever named for removal.
class CopyIndex {
 public:
  /// When space is needed, copies go until this part of the maximum is left, in percent, so that not each new one costs
  /// a removal.
  static constexpr int kKeptPercent = 75;

  struct Copy {
    std::string name;
    std::uint64_t size = 0;  ///< octets, together with its sidecar
    FileTime used;
  };

  explicit CopyIndex(std::uint64_t max_size) : max_size_(max_size) {}
  CopyIndex(const CopyIndex&) = delete;
  CopyIndex& operator=(const CopyIndex&) = delete;

  /// What Folder::walk() has found, in any order. Names that are known here already stay as they are, since they were
  /// added while it walked. One that was removed meanwhile comes back here, until it is the least recent and removed
  /// again, which is no error. A time ahead of `now` counts as `now`: it would never be the least recent.
  void load(std::vector<Copy> found, FileTime now);

  /// A copy is in place, with `size` octets together with its sidecar; it replaces one of the same name.
  void add(const std::string& name, std::uint64_t size, FileTime used);

  /// It becomes the most recent, also when the clock was set back. Nothing where the name is not known.
  void used(const std::string& name, FileTime now);

  void remove(const std::string& name);

  /// Sets `octets` aside for one that is on its way. The names to be removed for it, least recently used first, which
  /// are forgotten here; false in `fits` if it cannot be made to fit, and then nothing was set aside or forgotten.
  struct Room {
    bool fits = false;
    std::vector<std::string> remove;
  };
  Room reserve(std::uint64_t octets);
  void release(std::uint64_t octets);

  std::uint64_t total() const { return total_ + reserved_; }
  std::uint64_t max_size() const { return max_size_; }
  std::size_t count() const { return by_name_.size(); }

 private:
  using Order = std::list<Copy>;

  void forget(Order::iterator copy);
  bool exceeds(std::uint64_t limit) const;

  std::uint64_t max_size_;
  std::uint64_t total_ = 0;
  std::uint64_t reserved_ = 0;
  Order by_use_;                                                   ///< least recently used first
  std::unordered_map<std::string_view, Order::iterator> by_name_;  ///< the keys are the names in `by_use_`
};

}  // namespace hardline::cache
