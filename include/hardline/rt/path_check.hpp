// Finding out within seconds whether the path of a TCP connection still stands (tcp(7)).
#pragma once

#include <chrono>
#include <functional>

#include "hardline/rt/asio.hpp"
#include "hardline/rt/watchdog.hpp"

namespace hardline {

/// How a dead path is noticed on any TCP connection: probes after 15 s of silence, every 5 s, given up after 3; and
/// sent data that nobody acknowledges for 30 s. Since Linux stops counting probes where a TCP_USER_TIMEOUT is set and
/// goes by the silence alone, that is 15 s and three times 5: with less, one lost probe would cut an idle tunnel. Also
/// sets TCP_NODELAY. Does nothing to a Unix socket.
void tune_tcp(int descriptor);

/// How a dead path is noticed when there is reason to ask.
struct PathCheckTimes {
  std::chrono::steady_clock::duration dead_after = std::chrono::seconds(5);  ///< of silence, with a probe every second
  /// How long it is asked: a network that has just changed changes again, and an access point takes its time.
  std::chrono::steady_clock::duration lasts = std::chrono::seconds(30);
};

/// The check of one connection. The kernel's own timeouts are of no use for it: keep-alive leaves alone what has data
/// under way, and with TCP_USER_TIMEOUT a connection that was idle for long dies by the first lost probe. So the kernel
/// probes, and we look when the other side was heard of last (TCP_INFO).
class PathCheck {
 public:
  /// `dead` is called at most once, on the io thread. `descriptor` stays open while this lives.
  PathCheck(Executor executor, int descriptor, std::function<void()> dead, PathCheckTimes times = {});

  /// Once more for the whole time: the network has changed again.
  void prolong();
  /// Nothing is being asked any more: this can go.
  bool is_over() const { return over_; }

 private:
  void look();

  int descriptor_;
  std::function<void()> dead_;
  PathCheckTimes times_;
  std::chrono::steady_clock::time_point first_verdict_;
  std::chrono::steady_clock::time_point ends_;
  bool over_ = false;
  Watchdog watchdog_;
};

/// Whether the connection's own address is no longer one of this machine's: nothing will ever come in on it. False in
/// doubt, and for a Unix socket.
bool has_lost_its_address(int descriptor);

}  // namespace hardline
