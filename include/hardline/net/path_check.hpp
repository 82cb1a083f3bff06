// Finding out within seconds whether the path of a TCP connection still stands (tcp(7)).
#pragma once

#include <chrono>
#include <functional>

#include "hardline/rt/asio.hpp"
#include "hardline/rt/watchdog.hpp"

namespace hardline {

/// How a dead path is noticed while nothing is under way: the kernel probes after 8 s of silence and every 3 s from
/// then on, and gives up when 3 probes were not answered, after 17 s. Sooner would mean that a Wi-Fi which is away for
/// some seconds cuts idle tunnels, or that those keep a radio awake. DeliveryWatch looks after what is under way.
/// TCP_USER_TIMEOUT would see to both, but it also ends a connection whose other side is well and merely takes nothing
/// for so long, as a browser does with a film that is paused (Linux 5.11). Also sets TCP_NODELAY. Does nothing to a
/// Unix socket.
void tune_tcp(int descriptor);

/// Ends a connection on which something is under way and nobody answers. It has a timer only while something is.
class DeliveryWatch {
 public:
  /// Half a dozen retransmissions have gone unanswered by then, and the next would follow another 10 s later.
  static constexpr auto kDeadAfter = std::chrono::seconds(15);

  /// `dead` is called at most once, on the io thread. `descriptor` stays open while this lives.
  DeliveryWatch(Executor executor, int descriptor, std::function<void()> dead,
                std::chrono::steady_clock::duration dead_after = kDeadAfter);

  /// Something was written.
  void sent();

 private:
  void look();

  int descriptor_;
  std::function<void()> dead_;
  std::chrono::steady_clock::duration dead_after_;
  bool looking_ = false;
  Watchdog watchdog_;
};

/// How a dead path is noticed when there is reason to ask.
struct PathCheckTimes {
  std::chrono::steady_clock::duration dead_after = std::chrono::seconds(5);  ///< of silence, with a probe every second
  /// How long it is asked: a network that has just changed changes again, and an access point takes its time.
  std::chrono::steady_clock::duration lasts = std::chrono::seconds(30);
};

/// The check of one connection. The kernel's own timeouts are of no use for it: keep-alive leaves alone what has data
/// under way, and with TCP_USER_TIMEOUT a connection that was idle for long dies by the first lost probe. So the kernel
/// probes, and we look when the other side was last heard (TCP_INFO). This learns little while the other side takes
/// nothing, because the kernel then probes ever more seldom.
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
