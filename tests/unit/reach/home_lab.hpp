// A home in network namespaces: two hosts on networks of their own, a router that runs a real miniupnpd, and a host
// outside. Addresses outside look public, because miniupnpd maps nothing behind reserved ones.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "support/network_namespace.hpp"

namespace hardline::test {

class HomeLab {
 public:
  /// The reason where there can be none here.
  static std::optional<std::string> missing();

  HomeLab();
  HomeLab(const HomeLab&) = delete;
  HomeLab& operator=(const HomeLab&) = delete;
  ~HomeLab();

  /// Starts miniupnpd on the router, and waits until it serves. `more` is added to its configuration.
  void start_miniupnpd(const std::string& more = "");
  /// As a power cut does: nothing is told to anybody, and mappings are forgotten.
  void cut_miniupnpd();
  /// The router's packet filter, as miniupnpd made it.
  std::string rules() const;

  /// 10.1.0.11/24 and 2001:470:1::11/64 on `lan`, default routes to the router.
  NetworkNamespace home;
  /// 10.2.0.11/24 on `lan2`, behind the same router.
  NetworkNamespace neighbour;
  /// 10.1.0.1, 2001:470:1::1 on `lan`, 10.2.0.1 on `lan2`, 11.0.0.1 on `wan`.
  NetworkNamespace router;
  /// 11.0.0.10 on `wan`.
  NetworkNamespace outside;

 private:
  bool serves() const;
  std::string file(const std::string& name) const { return (folder_ / name).string(); }

  std::filesystem::path folder_;
  pid_t miniupnpd_ = -1;
};

/// What `job` returns on a thread inside.
template <class Job>
auto in(const NetworkNamespace& network, Job job) {
  std::optional<std::invoke_result_t<Job>> result;
  network.run([&] { result.emplace(job()); });
  return *std::move(result);
}

/// Whether a TCP connection from `network` to this endpoint is accepted.
bool can_connect(const NetworkNamespace& network, const std::string& address, std::uint16_t port);

}  // namespace hardline::test
