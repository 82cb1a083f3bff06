// Host names to addresses, by the system's own rules (getaddrinfo: hosts file, DNS, mDNS), off the io thread.
#pragma once

#include <chrono>
#include <vector>

#include "hardline/base/host_port.hpp"
#include "hardline/base/result.hpp"
#include "hardline/rt/abandonable_pool.hpp"
#include "hardline/rt/asio.hpp"
#include "hardline/rt/stop.hpp"

namespace hardline {

class Resolver {
 public:
  Resolver() : pool_(kThreads) {}

  /// Every endpoint of `where`, in the system's order of preference; at least one. An address needs nobody's help, and
  /// `localhost` is 127.0.0.1, then ::1, without asking anybody (RFC 6761 section 6.3). host_not_found, or
  /// Errc::timed_out after `limit`, or Errc::cancelled soon after `stop` was requested.
  awaitable<Result<std::vector<tcp::endpoint>>> resolve(HostPort where, std::chrono::steady_clock::duration limit,
                                                        Stop* stop = nullptr);

 private:
  static constexpr std::size_t kThreads = 4;  // a name server that does not answer holds one for 10 s or so

  AbandonablePool pool_;
};

}  // namespace hardline
