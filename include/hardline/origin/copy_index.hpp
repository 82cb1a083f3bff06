// Which copies there are, how large, and which was used last: what maxSize is held with, without looking at the disk.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "hardline/origin/folder.hpp"

namespace hardline::origin {

/// Octets of the copies and their sidecars, and of those that are just being fetched. Only copies are known here
/// (`…@http`): files put there by hand, `@mako` and `@data` neither count nor are ever named for removal.
class CopyIndex {
 public:
  /// When space is needed, copies go until this part of the maximum is left, in percent, so that not each new one costs
  /// a removal.
  static constexpr int kKeptPercent = 75;

  explicit CopyIndex(std::uint64_t max_size) : max_size_(max_size) {}

  /// A copy is in place, with `size` octets together with its sidecar; it replaces one of the same name.
  void add(const std::string& name, std::uint64_t size, FileTime used);
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
  std::size_t count() const { return copies_.size(); }

 private:
  struct Copy {
    std::string name;
    std::uint64_t size = 0;
    FileTime used;
  };
  std::uint64_t max_size_;
  std::uint64_t total_ = 0;
  std::uint64_t reserved_ = 0;
  std::list<Copy> by_use_;  ///< least recently used first
  std::unordered_map<std::string, std::list<Copy>::iterator> copies_;
};

}  // namespace hardline::origin
