// A time in which this process can open nothing, as a busy daemon meets it (EMFILE).
#pragma once

#include <sys/resource.h>

#include <cerrno>
#include <system_error>

namespace hardline::test {

/// What is open stays open.
class LackOfDescriptors {
 public:
  LackOfDescriptors() {
    if (getrlimit(RLIMIT_NOFILE, &before_) != 0) throw std::system_error(errno, std::system_category());
    const rlimit none{0, before_.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &none) != 0) throw std::system_error(errno, std::system_category());
  }
  LackOfDescriptors(const LackOfDescriptors&) = delete;
  LackOfDescriptors& operator=(const LackOfDescriptors&) = delete;
  ~LackOfDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace hardline::test
