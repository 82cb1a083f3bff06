#include "folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <optional>
#include <utility>

#include "hardline/net/byte_stream.hpp"

namespace hardline::cache {
namespace {

constexpr std::uint64_t kBeneath = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;

/// The kernel gives up on a name with `..` in it or in its links when anything is renamed anywhere meanwhile. This
/// often is milliseconds.
constexpr int kLookups = 1000;

/// How often folders are made again which another thread found empty, and removed. As with kLookups, only one that does
/// nothing else all the time could win so often; 16 were lost to it now and then on a busy machine.
constexpr int kPlacings = 1000;

/// Whom the umask lets, as the files in them (new_content.cpp).
constexpr mode_t kFolderMode = 0755;

/// Waits for no FIFO's writer, and takes no terminal. O_LARGEFILE is what open(2) would add by itself.
constexpr int kForReading = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_LARGEFILE;

/// ENOSYS' own words, "Function not implemented", help nobody.
class NoOpenat2 : public std::error_category {
 public:
  const char* name() const noexcept override { return "openat2"; }
  std::string message(int) const override {
    return "this kernel has no openat2(2), without which no request is looked up in a folder, or a sandbox forbids it; "
           "Linux 5.6 or newer is needed";
  }
  std::error_condition default_error_condition(int) const noexcept override {
    return std::errc::function_not_supported;
  }
};

std::error_code no_openat2() {
  static const NoOpenat2 category;
  return {1, category};
}

/// A descriptor, or -1 and errno, which is EAGAIN with RESOLVE_CACHED alone.
int openat2(int folder, const std::string& name, int flags, std::uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = resolve;
  const char* path = name.empty() ? "." : name.c_str();
  for (int lookups = 1;;) {
    const auto fd = static_cast<int>(::syscall(SYS_openat2, folder, path, &how, sizeof how));
    if (fd >= 0 || (resolve & RESOLVE_CACHED)) return fd;
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return fd;
    if (lookups++ == kLookups) {
      errno = EBUSY;
      return -1;
    }
  }
}

std::error_code no_such_file() {
  return {ENOENT, std::system_category()};
}

/// What strangers are told: nothing about what is elsewhere, or is no file.
std::error_code lookup_error() {
  switch (errno) {
    case ENOTDIR:
    case ELOOP:   // too many links, or a magic one
    case EXDEV:   // leads out
    case ENXIO:   // a socket, or a device without a driver
    case ENODEV:  // the same
      return no_such_file();
    default: return last_error();
  }
}

bool has_nul(const std::string& name) {
  return name.find('\0') != std::string::npos;
}

FileTime file_time(const timespec& time) {
  // File systems know times that nanoseconds since 1970 cannot tell.
  constexpr auto kFarthest = std::chrono::floor<std::chrono::seconds>(FileTime::duration::max()).count() - 1;
  const auto seconds = std::clamp<std::int64_t>(time.tv_sec, -kFarthest, kFarthest);
  return FileTime(std::chrono::seconds(seconds) + std::chrono::nanoseconds(time.tv_nsec));
}

timespec to_timespec(FileTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {seconds.time_since_epoch().count(), std::chrono::nanoseconds(time - seconds).count()};
}

FileStamp stamp_of(const struct stat& status) {
  return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size), file_time(status.st_mtim)};
}

struct Parts {
  std::string parent;  ///< without a slash at its end; empty for the root
  std::string leaf;
};

/// nullopt for what cannot be the name of something in the folder.
std::optional<Parts> split(const std::string& name) {
  if (name.starts_with('/') || has_nul(name)) return std::nullopt;
  const auto slash = name.find_last_of('/');
  auto leaf = slash == std::string::npos ? name : name.substr(slash + 1);
  if (leaf.empty() || leaf == "." || leaf == "..") return std::nullopt;
  if (slash == std::string::npos) return Parts{"", std::move(leaf)};
  return Parts{name.substr(0, name.find_last_not_of('/', slash) + 1), std::move(leaf)};
}

std::error_code unlink_if_there(int folder, const std::string& name) {
  return ::unlinkat(folder, name.c_str(), 0) == 0 || errno == ENOENT ? std::error_code() : last_error();
}

/// A folder's entries but for hidden ones. Empty also where the folder cannot be read.
class Entries {
 public:
  explicit Entries(UniqueFd folder) : dir_(folder ? ::fdopendir(folder.get()) : nullptr) {
    if (dir_) folder.release();
  }
  Entries(const Entries&) = delete;
  Entries& operator=(const Entries&) = delete;
  ~Entries() {
    if (dir_) ::closedir(dir_);
  }

  /// nullptr at the end; valid until the next call.
  const char* next() {
    while (const auto* entry = dir_ ? ::readdir(dir_) : nullptr)
      if (entry->d_name[0] != '.') return entry->d_name;
    return nullptr;
  }

  int fd() const { return ::dirfd(dir_); }

 private:
  DIR* dir_;
};

}  // namespace

struct Folder::Spot {
  UniqueFd folder;
  std::string name;
};

Result<Folder> Folder::open(const std::filesystem::path& path) {
  constexpr int kFlags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  UniqueFd root(::open(path.c_str(), kFlags));
  if (!root && errno == ENOENT) {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return fail(last_error());
    root = UniqueFd(::open(path.c_str(), kFlags));
  }
  if (!root) return fail(last_error());

  const UniqueFd probe(openat2(root.get(), "", O_PATH, kBeneath));
  if (!probe && (errno == ENOSYS || errno == EPERM)) return fail(no_openat2());
  if (!probe) return fail(last_error());
  const UniqueFd cached(openat2(root.get(), "", O_PATH, kBeneath | RESOLVE_CACHED));

  Folder folder;
  folder.knows_cached_ = cached || errno == EAGAIN;
  folder.path_ = path;
  folder.root_ = std::make_shared<const UniqueFd>(std::move(root));
  clear_orphans(folder.root_->get());
  return folder;
}

Result<OpenFile> Folder::open_file(const std::string& name, Disk disk) const {
  if (has_nul(name)) return fail(no_such_file());
  if (name.ends_with('/')) {  // the kernel takes it for a folder's name only
    const auto last = name.find_last_not_of('/');
    if (last == std::string::npos) return fail(no_such_file());
    return open_file(name.substr(0, last + 1), disk);
  }
  const bool wait = disk == Disk::may_wait;
  if (!wait && !knows_cached_) return fail(would_block());

  OpenFile file;
  file.fd = UniqueFd(openat2(root_->get(), name, kForReading, wait ? kBeneath : kBeneath | RESOLVE_CACHED));
  if (!file.fd) return fail(!wait && errno == EAGAIN ? would_block() : lookup_error());
  struct stat status;
  if (::fstat(file.fd.get(), &status) != 0) return fail(last_error());
  file.is_folder = S_ISDIR(status.st_mode);
  if (!file.is_folder && !S_ISREG(status.st_mode)) return fail(no_such_file());
  file.stamp = stamp_of(status);
  return file;
}

Result<std::vector<FolderEntry>> Folder::list(const UniqueFd& folder, std::size_t most) {
  // Descriptors of one opening share their position: this one is not for the caller's.
  UniqueFd own(::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own) return fail(last_error());
  Entries entries(std::move(own));
  std::vector<FolderEntry> found;
  while (found.size() < most) {
    const char* name = entries.next();
    if (!name) break;
    struct stat status;
    if (::fstatat(entries.fd(), name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;  // it has just gone
    if (S_ISLNK(status.st_mode)) {
      const UniqueFd target(openat2(folder.get(), name, O_PATH, kBeneath));
      if (!target || ::fstat(target.get(), &status) != 0) continue;
    }
    const bool is_folder = S_ISDIR(status.st_mode);
    if (is_folder || S_ISREG(status.st_mode))
      found.push_back({name, is_folder, static_cast<std::uint64_t>(status.st_size), file_time(status.st_mtim)});
  }
  return found;
}

Result<UniqueFd> Folder::open_folder(const std::string& name) const {
  UniqueFd folder(openat2(root_->get(), name, O_PATH | O_DIRECTORY, kBeneath));
  if (folder) return folder;
  return fail(errno == ENOTDIR ? last_error() : lookup_error());
}

Result<UniqueFd> Folder::make_folders(const std::string& name) const {
  auto folder = open_folder(name);
  if (folder || folder.error() != std::errc::no_such_file_or_directory) return folder;
  folder = open_folder("");
  for (std::size_t begin = 0; folder && begin < name.size();) {
    const auto end = std::min(name.find('/', begin), name.size());
    // From the root each time, not from the folder before: a link in between may lead up again.
    auto next = open_folder(name.substr(0, end));
    if (!next && next.error() == std::errc::no_such_file_or_directory) {
      const auto component = name.substr(begin, end - begin);
      if (::mkdirat(folder->get(), component.c_str(), kFolderMode) != 0 && errno != EEXIST) return fail(last_error());
      next = open_folder(name.substr(0, end));
    }
    folder = std::move(next);
    begin = end + 1;
  }
  return folder;
}

Result<Folder::Spot> Folder::make_spot(const std::string& name) const {
  auto parts = split(name);
  if (!parts) return fail(std::make_error_code(std::errc::invalid_argument));
  auto folder = make_folders(parts->parent);
  if (!folder) return fail(folder.error());
  return Spot{std::move(*folder), std::move(parts->leaf)};
}

Result<FileStamp> Folder::place(NewContent body, const std::string& name, NewContent sidecar,
                                const std::string& sidecar_name, bool keep_always) const {
  if (const auto error = body.sync()) return fail(error);
  if (const auto error = sidecar.sync()) return fail(error);
  for (int placings = 1;; ++placings) {
    auto placed = put(body, name, sidecar, sidecar_name, keep_always);
    // A folder that was empty until now can be removed between its making and the first rename.
    const bool vanished = !placed && placed.error() == std::errc::no_such_file_or_directory;
    if (!vanished || body.name_.empty() || sidecar.name_.empty() || placings == kPlacings) return placed;
  }
}

Result<FileStamp> Folder::put(NewContent& body, const std::string& name, NewContent& sidecar,
                              const std::string& sidecar_name, bool keep_always) const {
  const auto spot = make_spot(name);
  if (!spot) return fail(spot.error());
  const auto sidecar_spot = make_spot(sidecar_name);
  if (!sidecar_spot) return fail(sidecar_spot.error());
  const int at = spot->folder.get();
  const int sidecar_at = sidecar_spot->folder.get();

  if (keep_always) {
    struct stat status;  // its owner's choice of who may read it stays
    if (::fstatat(at, spot->name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode) &&
        ::fchmod(body.fd(), status.st_mode & 0777) != 0)
      return fail(last_error());
    if (const auto error = unlink_if_there(sidecar_at, sidecar_spot->name)) return fail(error);
    if (const auto error = body.rename_to(at, spot->name)) return fail(error);
    if (const auto error = sidecar.rename_to(sidecar_at, sidecar_spot->name)) return fail(error);
  } else {
    if (const auto error = unlink_if_there(at, spot->name)) return fail(error);
    auto error = sidecar.rename_to(sidecar_at, sidecar_spot->name);
    if (!error) error = body.rename_to(at, spot->name);
    if (error) {
      unlink_if_there(sidecar_at, sidecar_spot->name);  // it has no body
      return fail(error);
    }
  }
  struct stat status;
  if (::fstat(body.fd(), &status) != 0) return fail(last_error());
  return stamp_of(status);
}

std::error_code Folder::place(NewContent sidecar, const std::string& sidecar_name) const {
  if (const auto error = sidecar.sync()) return error;
  for (int placings = 1;; ++placings) {
    const auto spot = make_spot(sidecar_name);
    const auto error = spot ? sidecar.rename_to(spot->folder.get(), spot->name) : spot.error();
    if (error != std::errc::no_such_file_or_directory || placings == kPlacings) return error;
  }
}

std::error_code Folder::touch(const std::string& name, FileTime modified) const {
  const auto file = open_file(name);
  if (!file) return file.error();
  const timespec times[] = {{0, UTIME_OMIT}, to_timespec(modified)};
  return ::futimens(file->fd.get(), times) == 0 ? std::error_code() : last_error();
}

std::error_code Folder::remove(const std::string& name) const {
  auto parts = split(name);
  if (!parts) return std::make_error_code(std::errc::invalid_argument);
  const auto folder = open_folder(parts->parent);
  if (!folder) {
    const bool is_none =
        folder.error() == std::errc::no_such_file_or_directory || folder.error() == std::errc::not_a_directory;
    return is_none ? std::error_code() : folder.error();
  }
  if (const auto error = unlink_if_there(folder->get(), parts->leaf)) return error;
  while (!parts->parent.empty()) {
    parts = split(parts->parent);
    if (!parts) break;
    const auto above = open_folder(parts->parent);
    if (!above || ::unlinkat(above->get(), parts->leaf.c_str(), AT_REMOVEDIR) != 0) break;
  }
  return {};
}

void Folder::walk(const std::function<void(const std::string&, std::uint64_t, FileTime)>& visit) const {
  // By name, so that no descriptors are held for the folders above; how deep it goes is bounded by the longest name
  // (PATH_MAX), as it is for requests.
  std::vector<std::string> pending{""};
  while (!pending.empty()) {
    const auto folder = std::move(pending.back());
    pending.pop_back();
    Entries entries(UniqueFd(openat2(root_->get(), folder, O_RDONLY | O_DIRECTORY, kBeneath | RESOLVE_NO_SYMLINKS)));
    while (const char* entry = entries.next()) {
      struct stat status;
      if (::fstatat(entries.fd(), entry, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;  // it has just gone
      auto name = folder.empty() ? std::string(entry) : folder + '/' + entry;
      if (S_ISDIR(status.st_mode))
        pending.push_back(std::move(name));
      else if (S_ISREG(status.st_mode))
        visit(name, static_cast<std::uint64_t>(status.st_size),
              std::max(file_time(status.st_atim), file_time(status.st_mtim)));
    }
  }
}

Result<std::size_t> read_at(int fd, std::span<std::byte> buffer, std::uint64_t offset, Disk disk) {
  constexpr auto kLargestFile = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
  if (offset >= kLargestFile) return 0;
  const auto size = std::min<std::uint64_t>(buffer.size(), kLargestFile - offset);
  const iovec piece{buffer.data(), static_cast<std::size_t>(size)};
  while (true) {
    const auto n = disk == Disk::may_wait ? ::pread(fd, piece.iov_base, piece.iov_len, static_cast<off_t>(offset))
                                          : ::preadv2(fd, &piece, 1, static_cast<off_t>(offset), RWF_NOWAIT);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EINTR) continue;
    const bool cannot_tell = errno == EAGAIN || errno == EOPNOTSUPP || errno == ENOSYS;
    return fail(disk == Disk::never_wait && cannot_tell ? would_block() : last_error());
  }
}

}  // namespace hardline::cache
