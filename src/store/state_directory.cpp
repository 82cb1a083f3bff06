#include "hardline/store/state_directory.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace hardline::store {
namespace fs = std::filesystem;
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

fs::path home_directory() {
  if (auto home = environment("HOME"); !home.empty()) return home;
  const auto* user = ::getpwuid(::geteuid());
  return user && user->pw_dir ? user->pw_dir : "/";
}

[[noreturn]] void cannot_use(const fs::path& path, const std::error_code& error) {
  throw std::runtime_error("cannot use the state folder " + path.string() + ": " + error.message() +
                           "; make it writable for this user, or choose another with --statedir");
}

/// Absolute, and without the slash at its end that would hide its name.
fs::path tidy(const fs::path& path) {
  auto tidied = fs::absolute(path).lexically_normal();
  return tidied.has_filename() ? tidied : tidied.parent_path();
}

/// What the process that holds the lock wrote into it, for people.
std::string holder(int lock) {
  std::array<char, 20> digits;
  const auto length = ::pread(lock, digits.data(), digits.size(), 0);
  const std::string pid(digits.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  const auto end = pid.find_first_not_of("0123456789");
  return end == 0 || pid.empty() ? "" : " (process " + pid.substr(0, end) + ")";
}

}  // namespace

fs::path default_state_directory() {
  if (const auto given = environment("STATE_DIRECTORY"); !given.empty()) return given.substr(0, given.find(':'));
  if (::geteuid() == 0) return "/var/lib/hardline";
  // A relative XDG_STATE_HOME is to be ignored (XDG Base Directory Specification).
  const fs::path xdg = environment("XDG_STATE_HOME");
  return (xdg.is_absolute() ? xdg : home_directory() / ".local/state") / "hardline";
}

StateDirectory::StateDirectory(fs::path path) : path_(tidy(path)) {
  std::error_code error;
  fs::create_directories(path_.parent_path(), error);
  if (error) cannot_use(path_, error);
  if (::mkdir(path_.c_str(), 0700) != 0 && errno != EEXIST) cannot_use(path_, last_error());
  if (::access(path_.c_str(), W_OK | X_OK) != 0) cannot_use(path_, last_error());

  lock_ = UniqueFd(::open((path_ / "daemon.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock_) cannot_use(path_, last_error());
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) cannot_use(path_, last_error());
    throw std::runtime_error("another hardlined" + holder(lock_.get()) + " uses the state folder " + path_.string() +
                             "; stop it, or give this one its own folder with --statedir");
  }
  const auto pid = std::to_string(::getpid()) + "\n";
  // For the message above alone: on a full disk the lock holds without it.
  [[maybe_unused]] const bool noted =
      ::ftruncate(lock_.get(), 0) == 0 && ::pwrite(lock_.get(), pid.data(), pid.size(), 0) > 0;
}

}  // namespace hardline::store
