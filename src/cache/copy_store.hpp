// A cache's folder, what is known of its copies, and how much room they take.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "copy_index.hpp"
#include "folder.hpp"
#include "hardline/base/cache_settings.hpp"
#include "hardline/base/log.hpp"
#include "hardline/rt/asio.hpp"
#include "hardline/rt/event.hpp"
#include "hardline/wire/cache_target.hpp"
#include "version.hpp"

namespace hardline::cache {

/// What the folder has for a target.
struct Found {
  enum class Kind {
    nothing,
    file,        ///< put there by somebody
    copy,        ///< of upstream's answer
    folder,      ///< the target's path is one, and there is no index.html
    unslashed,   ///< the target's path would be one if it ended in a slash
    mako,        ///< a template renders it
    unreadable,  ///< it is there and we may not read it
  };
  Kind kind = Kind::nothing;
  std::string name;                    ///< of the file in the folder
  std::shared_ptr<const UniqueFd> fd;  ///< of a file, copy or folder
  FileStamp stamp;

  bool has_content() const { return kind == Kind::file || kind == Kind::copy; }
};

/// A copy, or a new content of a file, that is being fetched.
struct NewCopy {
  std::string name;
  bool is_file = false;  ///< takes the place of a file that somebody put there
  std::string sidecar;   ///< as it is written
  std::optional<NewContent> body;
  std::uint64_t most = 0;      ///< octets of the body that may be kept
  std::uint64_t reserved = 0;  ///< octets of the index's room
};

/// io thread only. What may wait for the disk is done on the pool.
class CopyStore {
 public:
  CopyStore(Executor executor, asio::thread_pool& disk, const CacheSettings& settings);
  CopyStore(const CopyStore&) = delete;
  CopyStore& operator=(const CopyStore&) = delete;

  /// Opens the folder and looks through it, once; where that failed, again when some time has passed.
  awaitable<std::error_code> open();
  bool is_open() const { return folder_ != nullptr; }

  /// What there is for `target`. Only memory is looked at: nullopt where the disk must be waited for.
  std::optional<Found> find_now(const wire::CacheTarget& target);
  awaitable<Found> find(const wire::CacheTarget& target);

  /// What an answer from `found`, a file or copy, says. It is only good if there were no changes() since before find()
  /// and `found` is not changing. nullptr where its sidecar is damaged or another target's: then
  /// it is not there.
  VersionPtr version_now(const wire::CacheTarget& target, const Found& found);
  awaitable<VersionPtr> version(const wire::CacheTarget& target, const Found& found);

  awaitable<Result<std::vector<FolderEntry>>> list(const Found& folder, std::size_t most);

  /// A copy was served.
  void used(const std::string& name) { index_.used(name, std::chrono::system_clock::now()); }

  /// Begins a copy of `length` octets, if that is known; older ones make room. nullopt where it cannot be
  /// kept: it is too large, or the disk is full, which is logged once in a while.
  awaitable<std::optional<NewCopy>> begin(std::string name, bool is_file, const wire::Sidecar& sidecar,
                                          std::optional<std::uint64_t> length);

  /// False where the octets could not be kept. `written` is how many there are by now.
  awaitable<bool> append(NewCopy& copy, const std::string& octets, std::uint64_t written);

  /// Puts it in place. False where that failed: then what was there before still is, or nothing.
  awaitable<bool> finish(NewCopy copy, std::uint64_t written);
  void abandon(NewCopy& copy);

  /// Upstream says that the copy or file is current; `sidecar`, if there is one, replaces the one it has.
  awaitable<void> confirm(const std::string& name, std::optional<wire::Sidecar> sidecar);

  /// Upstream says that there is no such thing any more.
  awaitable<void> remove(const std::string& name);

  /// How often something in the folder was changed from here.
  std::uint64_t changes() const { return changes_; }

  /// Suspends while this file or copy is being put in place or removed: what is read of it then may be of two versions.
  awaitable<void> settled(const std::string& name);
  bool is_changing(const std::string& name) const { return changing_.contains(name); }

  /// The sidecar as it is on disk, if there is one that tells of what `name` is by now.
  awaitable<std::optional<wire::Sidecar>> sidecar_of(const std::string& name, bool is_file);

 private:
  struct SidecarRead {
    std::optional<wire::Sidecar> sidecar;
    bool damaged = false;
    std::string begin;  ///< the file's first octets, where there is no sidecar
  };

  static Result<Found> look_up(const Folder& folder, const wire::CacheTarget& target, bool has_upstream, bool dynamic,
                               Disk disk);
  static Result<SidecarRead> read_sidecar(const Folder& folder, const Found& found, Disk disk);
  VersionPtr remember(const wire::CacheTarget& target, const Found& found, const SidecarRead& read);
  class Change;

  awaitable<bool> make_room(std::uint64_t octets);
  void complain(const std::error_code& error);

  asio::thread_pool& disk_;
  std::filesystem::path path_;
  bool has_upstream_;
  bool dynamic_;
  std::shared_ptr<const Folder> folder_;
  std::error_code open_error_;
  bool opening_ = false;
  Event opened_;
  std::chrono::steady_clock::time_point next_opening_{};
  std::chrono::steady_clock::time_point full_until_{};
  std::uint64_t changes_ = 0;
  std::multiset<std::string> changing_;
  bool removing_ = false;  ///< copies that make room
  Event changed_;
  CopyIndex index_;
  VersionMemory versions_;
  log::Limiter complaints_;
};

}  // namespace hardline::cache
