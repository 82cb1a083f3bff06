// One question to the web server behind a cache, for everybody who wants the same thing at the same time.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "copy_store.hpp"
#include "hardline/rt/event.hpp"
#include "upstream_client.hpp"
#include "version.hpp"

namespace hardline::cache {

struct FetchOrder {
  wire::CacheTarget target;
  std::string name;      ///< under which the answer is kept
  bool is_file = false;  ///< which somebody put there
  VersionPtr had;        ///< what there is by now, if anything
  FileTime confirmed;    ///< when that was last known to be current
};

/// Runs once. Those who wait look at `state()` each time `changed` is notified.
class Fetch {
 public:
  enum class State {
    asking,
    growing,    ///< the answer is being kept: version(), length(), body(), available(), ending()
    confirmed,  ///< what there is is current
    passing,    ///< the answer is not to be kept: take_exchange(), and who comes too late asks by himself
    failed,     ///< problem(): no answer, or one that says that the server is in trouble
  };

  /// How the octets of a body that is being kept end.
  enum class Ending {
    open,  ///< more are to come
    complete,
    cut,       ///< the server broke off
    unstored,  ///< the disk took no more: take_exchange() has the rest, once
  };

  /// Held by whoever waits for the answer. Without any it has kUnwatchedLimit to come to its end.
  class Reader {
   public:
    explicit Reader(Fetch& fetch) : fetch_(fetch) { ++fetch_.readers_; }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    ~Reader() {
      if (--fetch_.readers_ == 0) fetch_.unwatched_since_ = std::chrono::steady_clock::now();
    }

   private:
    Fetch& fetch_;
  };
  static constexpr auto kUnwatchedLimit = std::chrono::minutes(5);

  Fetch(Executor executor, CopyStore& store, UpstreamClient& upstream, FetchOrder order);

  awaitable<void> run();

  /// Instead of run(), where too many others do: a copy has to do as it is, and who has none asks by himself.
  void give_up();

  /// After an exception: who waits goes on.
  void break_off();

  Event changed;

  State state() const { return state_; }
  const FetchOrder& order() const { return order_; }
  const UpstreamProblem& problem() const { return problem_; }
  const VersionPtr& version() const { return version_; }
  std::optional<std::uint64_t> length() const { return length_; }
  const std::shared_ptr<const UniqueFd>& body() const { return body_; }
  std::uint64_t available() const { return available_; }
  Ending ending() const { return ending_; }

  /// confirmed only because upstream has no such thing as the file that somebody put there.
  bool is_unknown_upstream() const { return unknown_upstream_; }

  /// passing: whether the answer is compressed, and the client that takes it must know how to read that.
  bool is_compressed() const;

  /// The exchange, of which nothing that is not in body() was read; nullptr for all but the first to ask.
  std::unique_ptr<Exchange> take_exchange() { return std::move(exchange_); }

 private:
  void settle(State state);
  http::HeaderFields conditions() const;
  wire::Sidecar kept_of(const Exchange& exchange) const;
  bool is_abandoned() const;
  awaitable<void> keep_answer();
  awaitable<void> receive(NewCopy copy);

  CopyStore& store_;
  UpstreamClient& upstream_;
  FetchOrder order_;
  State state_ = State::asking;
  UpstreamProblem problem_;
  VersionPtr version_;
  std::optional<std::uint64_t> length_;
  std::shared_ptr<const UniqueFd> body_;
  std::uint64_t available_ = 0;
  Ending ending_ = Ending::open;
  bool unknown_upstream_ = false;
  std::size_t readers_ = 0;
  std::chrono::steady_clock::time_point unwatched_since_ = std::chrono::steady_clock::now();
  std::unique_ptr<Exchange> exchange_;
};

}  // namespace hardline::cache
