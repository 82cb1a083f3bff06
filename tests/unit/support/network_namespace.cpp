#include "support/network_namespace.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace hardline::test {
namespace {

[[noreturn]] void throw_last_error(const char* what) {
  throw std::system_error(errno, std::system_category(), what);
}

/// The kernel lets packets pass a moment after a link was brought up, in a task of its own.
void wait_until_running(const std::string& name) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw_last_error("socket");
  ifreq request{};
  name.copy(request.ifr_name, sizeof request.ifr_name - 1);
  while (ioctl(fd, SIOCGIFFLAGS, &request) == 0 && !(request.ifr_flags & IFF_RUNNING))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  close(fd);
}

void bring_loopback_up() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw_last_error("socket");
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  const auto result = ioctl(fd, SIOCSIFFLAGS, &request);
  close(fd);
  if (result != 0) throw_last_error("bringing lo up");
}

/// Root there is who we are here, so that `ip` keeps its capabilities when it is executed.
void map_user(uid_t uid, gid_t gid) {
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/uid_map") << "0 " << uid << " 1";
  std::ofstream("/proc/self/gid_map") << "0 " << gid << " 1";
}

std::optional<std::string> try_to_leave() {
  const auto uid = getuid();
  const auto gid = getgid();
  if (unshare(CLONE_NEWNET) != 0) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
      return std::string("no network namespace: unshare: ") + std::strerror(errno);
    map_user(uid, gid);
  }
  bring_loopback_up();
  if (std::system("ip link show lo >/dev/null 2>&1") != 0) return "no `ip` program (iproute2)";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> leave_the_real_network() {
  static const auto reason = try_to_leave();
  return reason;
}

NetworkNamespace::NetworkNamespace() {
  std::exception_ptr error;
  std::thread([&] {
    try {
      if (unshare(CLONE_NEWNET) != 0) throw_last_error("unshare");
      bring_loopback_up();
      fd_ = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
      if (fd_ < 0) throw_last_error("/proc/thread-self/ns/net");
    } catch (...) {
      error = std::current_exception();
    }
  }).join();
  if (error) std::rethrow_exception(error);
}

NetworkNamespace::~NetworkNamespace() {
  close(fd_);
}

void NetworkNamespace::enter() const {
  if (setns(fd_, CLONE_NEWNET) != 0) throw_last_error("setns");
}

void NetworkNamespace::run(const std::function<void()>& job) const {
  std::packaged_task<void()> task([&] {
    enter();
    job();
  });
  auto result = task.get_future();
  std::thread(std::ref(task)).join();
  result.get();
}

void NetworkNamespace::ip(const std::string& arguments) const {
  run([&] {
    if (std::system(("ip " + arguments).c_str()) != 0) throw std::runtime_error("failed: ip " + arguments);
  });
}

std::string NetworkNamespace::path() const {
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(fd_);
}

void connect(const NetworkNamespace& a, const std::string& address_a, const NetworkNamespace& b,
             const std::string& address_b, const std::string& name) {
  a.ip("link add " + name + " type veth peer name " + name + " netns " + b.path());
  a.ip("addr add " + address_a + " dev " + name);
  b.ip("addr add " + address_b + " dev " + name);
  a.ip("link set " + name + " up");
  b.ip("link set " + name + " up");
  for (const auto* network : {&a, &b}) network->run([&] { wait_until_running(name); });
}

Host::Host(const NetworkNamespace& network) : work_(asio::make_work_guard(io_)) {
  std::promise<void> entered;
  thread_ = std::thread([&] {
    try {
      network.enter();
    } catch (...) {
      entered.set_exception(std::current_exception());
      return;
    }
    entered.set_value();
    io_.run();
  });
  try {
    entered.get_future().get();
  } catch (...) {
    thread_.join();
    throw;
  }
}

void Host::finish() {
  work_.reset();
  if (thread_.joinable()) thread_.join();
}

}  // namespace hardline::test
