#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <utility>

#include "folder.hpp"

namespace hardline::cache {
namespace {

constexpr const char* kNewFolder = ".hardline-new";

/// Files that end otherwise are not of our making, and not cleared away.
constexpr std::string_view kNewSuffix = ".new";

/// Each attempt fails only if another process just starts and looks at the file in the moment between its making and
/// its locking.
constexpr int kAttempts = 16;

/// Who may read a copy: whom the umask lets, as with any file that a program makes, so that the owner's other tools
/// (a backup, another web server) can be let in. Until it is in place, its folder lets in nobody else.
constexpr mode_t kMode = 0644;

/// Not a secret: that it is new is O_EXCL's business.
std::string random_name() {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number)
    number = static_cast<std::uint64_t>(::getpid());
  char name[16 + kNewSuffix.size() + 1];
  std::snprintf(name, sizeof name, "%016llx%s", static_cast<unsigned long long>(number), kNewSuffix.data());
  return name;
}

/// False if somebody else has the lock. File systems that know no locks have no orphans cleared either.
bool lock(int fd) {
  return ::flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

bool is_linked(int fd) {
  struct stat status;
  return ::fstat(fd, &status) == 0 && status.st_nlink > 0;
}

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

}  // namespace

NewContent::NewContent(NewContent&& other) noexcept
    : fd_(std::move(other.fd_)),
      folder_(std::move(other.folder_)),
      name_(std::exchange(other.name_, {})),
      size_(other.size_),
      failed_(other.failed_) {}

NewContent& NewContent::operator=(NewContent&& other) noexcept {
  if (this == &other) return *this;
  discard();
  fd_ = std::move(other.fd_);
  folder_ = std::move(other.folder_);
  name_ = std::exchange(other.name_, {});
  size_ = other.size_;
  failed_ = other.failed_;
  return *this;
}

NewContent::~NewContent() {
  discard();
}

void NewContent::discard() {
  if (!name_.empty()) ::unlinkat(folder_->get(), name_.c_str(), 0);
  name_.clear();
}

std::error_code NewContent::append(std::string_view octets) {
  if (failed_) return failed_;
  for (std::size_t done = 0; done < octets.size();) {
    const auto rest = octets.substr(done);
    const auto n = ::pwrite(fd(), rest.data(), rest.size(), static_cast<off_t>(size_ + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      failed_ = n < 0 ? last_error() : std::make_error_code(std::errc::io_error);
      // Gives back what a part of these octets took. Nobody reads it, nor does it matter where this fails.
      [[maybe_unused]] const bool cut = ::ftruncate(fd(), static_cast<off_t>(size_)) == 0;
      return failed_;
    }
    done += static_cast<std::size_t>(n);
  }
  size_ += octets.size();
  return {};
}

std::error_code NewContent::sync() const {
  if (failed_) return failed_;
  return ::fdatasync(fd()) == 0 ? std::error_code() : last_error();
}

std::error_code NewContent::rename_to(int folder, const std::string& name) {
  if (::renameat(folder_->get(), name_.c_str(), folder, name.c_str()) != 0) return last_error();
  name_.clear();
  return {};
}

Result<NewContent> Folder::create() const {
  if (::mkdirat(root_->get(), kNewFolder, 0700) != 0 && errno != EEXIST) return fail(last_error());
  const auto folder = std::make_shared<const UniqueFd>(
      ::openat(root_->get(), kNewFolder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!*folder) return fail(last_error());
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    NewContent content;
    auto name = random_name();
    content.fd_ = std::make_shared<UniqueFd>(
        ::openat(folder->get(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMode));
    if (!*content.fd_ && errno == EEXIST) continue;
    if (!*content.fd_) return fail(last_error());
    content.folder_ = folder;
    content.name_ = std::move(name);
    if (lock(content.fd()) && is_linked(content.fd())) return content;
  }
  return fail(std::make_error_code(std::errc::device_or_resource_busy));
}

void Folder::clear_orphans(int root) {
  UniqueFd folder(::openat(root, kNewFolder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) return;  // nothing was ever made here
  const std::unique_ptr<DIR, CloseDir> dir(::fdopendir(folder.get()));
  if (!dir) return;
  const int at = folder.release();
  while (const auto* entry = ::readdir(dir.get())) {
    if (!std::string_view(entry->d_name).ends_with(kNewSuffix)) continue;
    const UniqueFd orphan(::openat(at, entry->d_name, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
    // While it is locked here, its maker cannot lock it and go on; once renamed into place, it has this name no more.
    if (orphan && ::flock(orphan.get(), LOCK_EX | LOCK_NB) == 0) ::unlinkat(at, entry->d_name, 0);
  }
}

}  // namespace hardline::cache
