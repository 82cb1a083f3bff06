// Networks of a test's own, so that its datagrams reach no real one (network_namespaces(7), veth(4)).
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "hardline/rt/asio.hpp"

namespace hardline::test {

/// Moves this process into a network namespace of its own, as a plain user into a user namespace too. The reason if
/// that is not permitted here.
std::optional<std::string> leave_the_real_network();

/// A further network namespace with its loopback interface up. Needs leave_the_real_network().
class NetworkNamespace {
 public:
  NetworkNamespace();
  NetworkNamespace(const NetworkNamespace&) = delete;
  NetworkNamespace& operator=(const NetworkNamespace&) = delete;
  ~NetworkNamespace();

  /// Runs `job` on a thread inside.
  void run(const std::function<void()>& job) const;
  /// Runs `ip ARGUMENTS` inside; throws when it fails.
  void ip(const std::string& arguments) const;
  /// A name for it that `ip ... netns NAME` takes.
  std::string path() const;
  void enter() const;

 private:
  int fd_ = -1;
};

/// A network cable: `name` in both namespaces, up and running, with these addresses (`192.0.2.1/24`).
void connect(const NetworkNamespace& a, const std::string& address_a, const NetworkNamespace& b,
             const std::string& address_b, const std::string& name = "veth0");

/// An io thread inside a namespace.
class Host {
 public:
  explicit Host(const NetworkNamespace& network);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() { finish(); }

  /// Waits until nothing is left to do, and for the thread.
  void finish();

  asio::io_context& io() { return io_; }

  /// Runs `job` on the io thread and returns its result.
  template <class Job>
  auto call(Job job) {
    std::packaged_task<std::invoke_result_t<Job>()> task(std::move(job));
    auto result = task.get_future();
    asio::post(io_, [&task] { task(); });
    return result.get();
  }

 private:
  asio::io_context io_;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  std::thread thread_;
};

}  // namespace hardline::test
