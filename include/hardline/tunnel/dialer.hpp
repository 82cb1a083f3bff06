// Getting to a service: every candidate is tried, and the first one that proves to be the service wins.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "hardline/find/finder.hpp"
#include "hardline/rt/task_group.hpp"
#include "hardline/tunnel/dial_order.hpp"
#include "hardline/tunnel/tls_contexts.hpp"

namespace hardline::tunnel {

/// One candidate's fate.
struct Attempt {
  find::Candidate candidate;
  std::error_code error;  ///< none for the winner; Errc::cancelled where somebody else won
  std::chrono::milliseconds took{0};
  std::chrono::milliseconds began{0};  ///< after the dial's own beginning
};

struct DialFailure {
  std::vector<Attempt> attempts;                 ///< empty: nobody was found to try
  std::vector<find::SourceReport> sources = {};  ///< how the search went; empty where there was none
};

/// A proven connection: TLS stands and the certificate's hash is the KEYHASH. Nothing was sent on it yet.
struct Connection {
  std::unique_ptr<TlsStream> stream;
  find::Candidate candidate;
};

/// What a search for a service found, and how each attempt ended, for people.
struct Examination {
  std::vector<Attempt> attempts;      ///< no error: the service was proven to be there
  std::optional<std::size_t> winner;  ///< the first of those
  std::vector<find::SourceReport> sources;
  std::chrono::milliseconds took{0};
};

/// Why none of them led to the service: one line for a person, whose text is ours but for the system's own words.
std::string problem_of(const std::vector<Attempt>& attempts);

class Dialer {
 public:
  /// The address that worked last time is given this much of a start before anybody else is asked.
  static constexpr auto kHeadStart = std::chrono::milliseconds(150);
  static constexpr auto kRecentFor = std::chrono::minutes(10);
  /// Services that each of the memories of this holds.
  static constexpr std::size_t kMaxRecent = 256;

  /// For how long after a tunnel died there others are tried first.
  static constexpr auto kSuspectFor = std::chrono::seconds(10);

  /// Takes a service that is no longer where it was lately, as far as a dial can tell: what leads there may be dead.
  using Doubted = std::function<void(const KeyHash& key)>;

  /// Takes how each dial and each examination ended: where it got to, or why it did not (problem_of()). Not of one
  /// that was cancelled; and of dials that share a search's failure, or were answered by it later, once for all.
  struct Ended {
    std::function<void(const KeyHash& key, const find::Candidate& candidate)> reached;
    std::function<void(const KeyHash& key, const std::string& problem)> missed;
  };

  /// Attempts that lose are wound up in `tasks`, which must be joined before this goes.
  Dialer(Executor executor, find::Finder& finder, TaskGroup& tasks, DialTimes times = {}, Doubted doubted = {},
         Ended ended = {});

  /// Dials of one service share one search: while one searches, the others wait, and then go where it got to, or fail
  /// as it did. The failure answers further dials at once for DialTimes::failure_counts_for.
  awaitable<tl::expected<Connection, DialFailure>> dial(KeyHash key);

  /// Searches as dial() does, whatever worked or failed before, and tries everything to its end. Sends nothing after a
  /// handshake, and leaves no trace in what dial() does but the finder's memory.
  awaitable<Examination> examine(KeyHash key);

  /// A tunnel to `candidate` closed before it answered: whoever dials next tries others first.
  void died(const KeyHash& key, const find::Candidate& candidate);

  /// This machine's addresses have changed, or it slept: what worked and what failed before is forgotten, and tunnels
  /// that are being opened look whether their path still stands. Dials under way go on.
  void network_changed();

  /// Ends every dial and every opening that is under way, for good: later dials fail at once, and a connection that
  /// was won just before opens no tunnel.
  void cancel_all();

  /// A tunnel that is being opened on a dialled connection, which cancel_all() cuts, whether called before or after.
  class Opening {
   public:
    Opening(Dialer& dialer, ByteStream& stream) : dialer_(dialer), stream_(stream) {
      dialer_.openings_.insert(&stream_);
      if (dialer_.closed_) stream_.abort();
    }
    Opening(const Opening&) = delete;
    Opening& operator=(const Opening&) = delete;
    ~Opening() { dialer_.openings_.erase(&stream_); }

   private:
    Dialer& dialer_;
    ByteStream& stream_;
  };

 private:
  class Race;
  struct Recent {
    find::Candidate candidate;
    std::chrono::steady_clock::time_point when;
  };

  struct Failed {
    DialFailure failure;
    std::chrono::steady_clock::time_point when;
  };

  void remember(const KeyHash& key, const find::Candidate& candidate);
  std::optional<find::Candidate> recent(const KeyHash& key) const;
  void forget_recent(const KeyHash& key, const tcp::endpoint& endpoint);
  bool is_suspect(const KeyHash& key, const tcp::endpoint& endpoint) const;
  void remember_failure(const Race& race, DialFailure failure);
  void doubt(const KeyHash& key) const;
  void tell_reached(const KeyHash& key, const find::Candidate& candidate) const;
  void tell_missed(const KeyHash& key, const std::vector<Attempt>& attempts) const;
  const DialFailure* failure(const KeyHash& key) const;
  std::optional<std::uint64_t> searching(const KeyHash& key) const;
  std::shared_ptr<Race> new_race(const KeyHash& key, bool to_the_end);

  Executor executor_;
  find::Finder& finder_;
  TaskGroup& tasks_;
  DialTimes times_;
  Doubted doubted_;
  Ended ended_;
  SslContextPtr context_;
  std::unordered_map<KeyHash, Recent> recent_;
  std::unordered_map<KeyHash, Recent> suspects_;  ///< where a tunnel died
  std::unordered_map<KeyHash, Failed> failures_;
  std::unordered_map<KeyHash, std::uint64_t> searching_;  ///< which other dials of the service wait for, by number
  std::uint64_t searches_ = 0;                            ///< begun by dials so far
  std::vector<std::weak_ptr<Race>> races_;
  unsigned network_ = 0;  ///< changes of it
  std::unordered_set<ByteStream*> openings_;
  bool closed_ = false;  ///< by cancel_all()
};

}  // namespace hardline::tunnel
