#include "hardline/store/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace hardline::store {
namespace fs = std::filesystem;

fs::path with_suffix(const fs::path& path, std::string_view suffix) {
  auto result = path;
  result += suffix;
  return result;
}

Result<std::string> read_small_file(const fs::path& file, std::size_t limit) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return fail(last_error());
  struct stat status;
  if (::fstat(fd.get(), &status) != 0) return fail(last_error());
  if (S_ISDIR(status.st_mode)) return fail(std::make_error_code(std::errc::is_a_directory));
  if (!S_ISREG(status.st_mode)) return fail(std::make_error_code(std::errc::invalid_argument));

  std::string content;
  char buffer[4096];
  while (true) {
    const auto n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(last_error());
    if (n == 0) return content;
    content.append(buffer, static_cast<std::size_t>(n));
    if (content.size() > limit) return fail(std::make_error_code(std::errc::file_too_large));
  }
}

std::error_code sync_directory(int directory) {
  // Some file systems cannot sync a directory and say EINVAL: they have nothing to sync.
  if (::fsync(directory) != 0 && errno != EINVAL) return last_error();
  return {};
}

std::error_code rename_to_new(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (errno != EINVAL && errno != ENOSYS) return last_error();
  // Not every file system (NFS) knows RENAME_NOREPLACE; link(2) does not replace either.
  if (::link(from.c_str(), to.c_str()) != 0 || ::unlink(from.c_str()) != 0) return last_error();
  return {};
}

Result<fs::path> set_aside(const fs::path& file, const std::string& suffix) {
  auto aside = with_suffix(file, suffix);
  auto error = rename_to_new(file, aside);
  for (int number = 2; error == std::errc::file_exists; ++number) {
    aside = with_suffix(file, suffix + "-" + std::to_string(number));
    error = rename_to_new(file, aside);
  }
  if (error) return fail(error);
  return aside;
}

NewFile::NewFile(fs::path file)
    : file_(std::move(file)), temporary_(file_.parent_path() / ("." + file_.filename().string() + ".new")) {}

NewFile::~NewFile() {
  if (!remove_.empty()) ::unlink(remove_.c_str());
}

std::error_code NewFile::write(std::string_view content, mode_t mode) {
  ::unlink(temporary_.c_str());
  const UniqueFd fd(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!fd) return last_error();
  remove_ = temporary_;
  if (::fchmod(fd.get(), mode) != 0) return last_error();  // whatever the umask
  while (!content.empty()) {
    const auto n = ::write(fd.get(), content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return last_error();
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return ::fsync(fd.get()) == 0 ? std::error_code() : last_error();
}

std::error_code NewFile::give_to(uid_t user, gid_t group) {
  return ::lchown(temporary_.c_str(), user, group) == 0 ? std::error_code() : last_error();
}

std::error_code NewFile::place() {
  const auto error = rename_to_new(temporary_, file_);
  if (!error) remove_ = file_;
  return error;
}

std::error_code NewFile::replace() {
  if (::rename(temporary_.c_str(), file_.c_str()) != 0) return last_error();
  keep();
  return {};
}

}  // namespace hardline::store
