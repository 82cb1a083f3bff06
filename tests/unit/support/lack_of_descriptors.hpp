// A time in which the kernel cannot be asked for the interfaces, as a busy daemon meets it (EMFILE).
#pragma once

namespace hardline::test {

/// Lets getifaddrs(3) and netlink sockets fail meanwhile. Those alone: without any descriptors the sanitizers cannot do
/// their work.
class LackOfDescriptors {
 public:
  LackOfDescriptors();
  LackOfDescriptors(const LackOfDescriptors&) = delete;
  LackOfDescriptors& operator=(const LackOfDescriptors&) = delete;
  ~LackOfDescriptors();
};

}  // namespace hardline::test
