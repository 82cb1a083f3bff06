// A file descriptor that closes itself, and what the last system call said.
#pragma once

#include <unistd.h>
#include <cerrno>
#include <system_error>
#include <utility>

namespace hardline {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

  /// The descriptor, which is the caller's to close from now on.
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

/// The last system call's error.
inline std::error_code last_error() {
  return {errno, std::system_category()};
}

}  // namespace hardline
