// Which candidate of a dial is tried next, and when: staggered as Happy Eyeballs does it (RFC 8305), without sockets
// and without a clock of its own.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "hardline/find/finder.hpp"

namespace hardline::tunnel {

struct DialTimes {
  using Duration = std::chrono::steady_clock::duration;

  Duration search = std::chrono::seconds(20);  ///< a whole dial: the DHT alone may take 15 s
  Duration attempt = std::chrono::seconds(5);  ///< TCP and TLS to one address
  /// Between the beginnings of attempts on far addresses (RFC 8305 section 8)…
  Duration between = std::chrono::milliseconds(250);
  /// …less where so many wait that the last would begin later than this, but no less than `between_at_least`.
  Duration begun_within = std::chrono::seconds(4);
  Duration between_at_least = std::chrono::milliseconds(20);
  /// An attempt that has not ended after this long gives its place up when others wait for one: most of the
  /// world answers within 300 ms, and a hundred forged addresses that swallow everything must not take 5 s each.
  Duration gives_way_after = std::chrono::milliseconds(1500);
  /// How long a failure is the answer to further dials of the same service: a page asks for it many times at once.
  Duration failure_counts_for = std::chrono::seconds(3);
};

/// Neighbours are tried at once: there are few, and trying them costs next to nothing. All others one after the other,
/// each source in turn, so that the many words of one forger delay nobody else, and IPv4 and IPv6 in turn, as often one
/// of them does not work at all.
class DialOrder {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Id = std::size_t;  ///< attempts are numbered from 0 in the order they begin

  /// Most attempts at a time.
  static constexpr std::size_t kMaxAtATime = 16;
  /// Of them, on the LAN, where anybody may name hosts that never answer: remembered addresses need not wait for it.
  static constexpr std::size_t kMaxOnLan = 8;
  /// Most attempts in all, so that forged candidates cost a bounded effort.
  static constexpr std::size_t kMaxInAll = 256;

  explicit DialOrder(DialTimes times) : times_(times) {}

  /// Takes a candidate in, unless its endpoint is known. One that is tried `only_after` something else waits until
  /// then, and goes last.
  void add(const find::Candidate& candidate, std::optional<Time> only_after = {});

  struct Begun {
    Id id;
    find::Candidate candidate;
  };
  /// What to begin now; to be called until there is nothing.
  std::optional<Begun> next(Time now);
  /// Its TCP connection stands. It gives way after those of which nothing was heard.
  void connected(Id id);
  /// What to end now, so that others get its place; ended() is still to come.
  std::optional<Id> to_give_way(Time now);
  void ended(Id id, bool failed);

  /// When to ask next() and to_give_way() again if nothing else happens; Time::max() where only an end can help.
  Time wake_at() const;

  std::size_t running() const { return running_.size(); }
  bool is_running(Id id) const { return running_.contains(id); }
  /// Nothing runs, and nothing waits that may still begin.
  bool idle() const { return running_.empty() && (waiting_.empty() || begun_ == kMaxInAll); }
  /// Nothing that waits begins any more.
  void drop_waiting() { waiting_.clear(); }

 private:
  struct Waiting {
    find::Candidate candidate;
    bool near;  ///< begins at once
    std::optional<Time> only_after;
  };
  struct Running {
    Time began;
    bool near = false;
    bool on_lan = false;
    bool connected = false;
    bool gives_way = false;
  };
  using Party = std::pair<find::Source, std::string>;

  bool has_place(const find::Candidate& candidate) const;
  std::optional<std::size_t> next_near() const;
  std::optional<std::size_t> next_far(Time now) const;
  bool far_is_due(Time now) const;
  Begun begin(std::size_t waiting, Time now);
  /// One that waits for the place of another.
  const find::Candidate* blocked() const;
  bool is_in_the_way(const Running& running, const find::Candidate& of) const;
  bool some_give_way() const;

  DialTimes times_;
  std::set<tcp::endpoint> known_;
  std::vector<Waiting> waiting_;  ///< in the order they came
  std::map<Id, Running> running_;
  std::size_t running_on_lan_ = 0;
  std::map<Party, std::size_t> begun_of_;
  std::size_t begun_ = 0;
  std::optional<Time> last_far_;  ///< when one began; none: the next begins at once
  std::optional<bool> last_far_was_v6_;
  DialTimes::Duration delay_{};
};

}  // namespace hardline::tunnel
