#include "support/lack_of_descriptors.hpp"

#include <dlfcn.h>
#include <ifaddrs.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>

namespace {

std::atomic<bool> lacking = false;

}  // namespace

// Found before the C library's by all of this program.

extern "C" int socket(int domain, int type, int protocol) noexcept {
  if (lacking && domain == AF_NETLINK) {
    errno = EMFILE;
    return -1;
  }
  static const auto real = reinterpret_cast<int (*)(int, int, int)>(dlsym(RTLD_NEXT, "socket"));
  return real(domain, type, protocol);
}

extern "C" int getifaddrs(ifaddrs** list) noexcept {
  if (lacking) {
    errno = EMFILE;
    return -1;
  }
  static const auto real = reinterpret_cast<int (*)(ifaddrs**)>(dlsym(RTLD_NEXT, "getifaddrs"));
  return real(list);
}

namespace hardline::test {

LackOfDescriptors::LackOfDescriptors() {
  lacking = true;
}

LackOfDescriptors::~LackOfDescriptors() {
  lacking = false;
}

}  // namespace hardline::test
