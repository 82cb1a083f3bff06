// A folder that strangers' requests are looked up in: every name is resolved beneath it by the kernel (openat2(2)).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hardline/base/result.hpp"
#include "hardline/base/unique_fd.hpp"

namespace hardline::cache {

using FileTime = std::chrono::system_clock::time_point;

/// Which version of which file it is.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;  ///< octets
  FileTime modified;

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

struct OpenFile {
  UniqueFd fd;
  bool is_folder = false;  ///< else a regular file: there is nothing else
  FileStamp stamp;
};

struct FolderEntry {
  std::string name;  ///< of the file or folder itself
  bool is_folder = false;
  std::uint64_t size = 0;
  FileTime modified;
};

enum class Disk {
  may_wait,    ///< for a pool's thread
  never_wait,  ///< for the io thread: would_block() where the answer is not in memory (RESOLVE_CACHED, RWF_NOWAIT)
};

/// Content in the making: a file of the folder's hidden `.hardline-new`, which no request can name. It is removed
/// unless Folder::place() has put it in place, and at the next start where that did not come to pass. Any thread, one
/// at a time.
class NewContent {
 public:
  NewContent(NewContent&&) noexcept;
  NewContent& operator=(NewContent&&) noexcept;
  ~NewContent();

  /// All of `octets`, or an error (ENOSPC and the like): then what was appended before can still be read, but no more
  /// be appended, and place() refuses it.
  std::error_code append(std::string_view octets);

  int fd() const { return fd_->get(); }

  /// The same open file, for readers that may outlive this object, in place or not.
  std::shared_ptr<const UniqueFd> shared_fd() const { return fd_; }

 private:
  friend class Folder;
  NewContent() = default;
  void discard();
  std::error_code sync() const;
  std::error_code rename_to(int folder, const std::string& name);

  std::shared_ptr<UniqueFd> fd_;  ///< locked (flock) for as long as it is open, so that nobody takes it for an orphan
  std::shared_ptr<const UniqueFd> folder_;
  std::string name_;  ///< in folder_; empty once it is in place
  std::uint64_t size_ = 0;
  std::error_code failed_;
};

/// All calls are system calls that may wait for the disk, unless they take a Disk. Usable from any thread. Errors are
/// errno's; names that lead out of the folder, through a link or otherwise, are ENOENT, as are devices, FIFOs and
/// sockets.
class Folder {
 public:
  /// Makes the folder (0700) where only its last component is missing, and clears away what a killed process has left
  /// in `.hardline-new`, but not what another process is just making. A kernel without openat2 (before Linux 5.6) is
  /// std::errc::function_not_supported with a message that says so.
  static Result<Folder> open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }

  /// A regular file for reading, or a folder; the empty name is the folder itself. A trailing slash makes no
  /// difference.
  Result<OpenFile> open_file(const std::string& name, Disk disk = Disk::may_wait) const;

  /// What there is in a folder that open_file() has opened, in no order, up to `most`. Left out are hidden entries and
  /// what open_file() would not open, and links to elsewhere than below this folder, since it is all that is known
  /// here.
  static Result<std::vector<FolderEntry>> list(const UniqueFd& folder, std::size_t most);

  Result<NewContent> create() const;

  /// Puts `sidecar` and `body` in place as `sidecar_name` and `name`, making the folders that are missing. Both are
  /// synced before they are renamed: after a power cut there may be the old copy or none, but never a part of one. A
  /// reader, or a process that was killed midway, finds the old pair, the new pair or no body, except where
  /// `keep_always` is set, for files that somebody put there by hand: then `name` is replaced in one step, and
  /// after a kill in the midst of it there may be no sidecar. A reader that opens both while they are replaced must
  /// compare: the body's stamp before and after it read the sidecar. Returns the stamp of what is in place.
  Result<FileStamp> place(NewContent body, const std::string& name, NewContent sidecar, const std::string& sidecar_name,
                          bool keep_always) const;

  /// Replaces a sidecar alone.
  std::error_code place(NewContent sidecar, const std::string& sidecar_name) const;

  /// Sets the modification time, which is when a copy was last known to be current.
  std::error_code touch(const std::string& name, FileTime modified) const;

  /// Removes a file, and the folders above it that are empty then. No error where there is none.
  std::error_code remove(const std::string& name) const;

  /// Every regular file below, hidden files and folders and all links left out: its name and size, and when it was last
  /// used: the later of the times of its last reading and its modification. What vanishes meanwhile is passed over.
  void walk(const std::function<void(const std::string& name, std::uint64_t size, FileTime used)>& visit) const;

 private:
  struct Spot;
  Folder() = default;
  static void clear_orphans(int root);
  Result<UniqueFd> open_folder(const std::string& name) const;
  Result<UniqueFd> make_folders(const std::string& name) const;
  Result<Spot> make_spot(const std::string& name) const;
  Result<FileStamp> put(NewContent& body, const std::string& name, NewContent& sidecar, const std::string& sidecar_name,
                        bool keep_always) const;

  std::filesystem::path path_;
  std::shared_ptr<const UniqueFd> root_;
  bool knows_cached_ = false;  ///< whether the kernel can look up without waiting
};

/// Octets at `offset`, 0 at the end of the file.
Result<std::size_t> read_at(int fd, std::span<std::byte> buffer, std::uint64_t offset, Disk disk);

}  // namespace hardline::cache
