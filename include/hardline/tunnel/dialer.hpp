// Getting to a service: every candidate is tried, and the first one that proves to be the service wins.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "hardline/discovery/finder.hpp"
#include "hardline/rt/task_group.hpp"
#include "hardline/tunnel/tls_contexts.hpp"

namespace hardline::tunnel {

/// One candidate's fate.
struct Attempt {
  discovery::Candidate candidate;
  std::error_code error;  ///< none for the winner; Errc::cancelled where somebody else won
  std::chrono::milliseconds took{0};
  std::chrono::milliseconds began{0};  ///< after the dial's own beginning
};

struct DialFailure {
  std::vector<Attempt> attempts;  ///< empty: nobody was found to try
};

/// A proven connection: TLS stands and the certificate's hash is the KEYHASH. Nothing was sent on it yet.
struct Connection {
  std::unique_ptr<TlsStream> stream;
  discovery::Candidate candidate;
};

/// What a search for a service found, and how each attempt ended, for people.
struct Examination {
  std::vector<Attempt> attempts;      ///< no error: the service was proven to be there
  std::optional<std::size_t> winner;  ///< the first of those
  std::vector<discovery::SourceReport> sources;
  std::chrono::milliseconds took{0};
};

class Dialer {
 public:
  /// Most candidates of one dial tried at a time; others wait until one of these has failed.
  static constexpr std::size_t kMaxAttempts = 16;
  /// Of them, from the LAN, where anybody may name hosts that never answer: remembered addresses need not wait for it.
  static constexpr std::size_t kMaxLanAttempts = 8;
  /// Most candidates tried in one dial, one after the other, so that forged ones cost a bounded effort.
  static constexpr std::size_t kMaxAttemptsInAll = 64;
  static constexpr auto kAttemptTimeout = std::chrono::seconds(5);
  static constexpr auto kDialTimeout = std::chrono::seconds(10);
  /// The address that worked last time is given this much of a start before anybody else is asked.
  static constexpr auto kHeadStart = std::chrono::milliseconds(150);
  static constexpr auto kRecentFor = std::chrono::minutes(10);
  static constexpr std::size_t kMaxRecent = 256;

  /// Attempts that lose are wound up in `tasks`, which must be joined before this goes.
  Dialer(Executor executor, discovery::Finder& finder, TaskGroup& tasks);

  awaitable<tl::expected<Connection, DialFailure>> dial(KeyHash key);

  /// Searches as dial() does, whatever worked or failed before, and tries everything to its end. Sends nothing after a
  /// handshake, and leaves no trace in what dial() does but the finder's memory.
  awaitable<Examination> examine(KeyHash key);

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
    discovery::Candidate candidate;
    std::chrono::steady_clock::time_point when;
  };

  void remember(const KeyHash& key, const discovery::Candidate& candidate);

  Executor executor_;
  discovery::Finder& finder_;
  TaskGroup& tasks_;
  SslContextPtr context_;
  std::unordered_map<KeyHash, Recent> recent_;
  std::vector<std::weak_ptr<Race>> races_;
  std::unordered_set<ByteStream*> openings_;
  bool closed_ = false;  ///< by cancel_all()
};

}  // namespace hardline::tunnel
