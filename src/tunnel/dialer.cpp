#include "hardline/tunnel/dialer.hpp"

#include <algorithm>
#include <set>

#include "hardline/base/errc.hpp"
#include "hardline/base/log.hpp"
#include "hardline/net/dialable.hpp"
#include "hardline/rt/event.hpp"
#include "hardline/rt/watchdog.hpp"

namespace hardline::tunnel {

using find::Candidate;

namespace {

std::chrono::milliseconds whole_ms(Clock::duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

/// This machine has no way there at all at the moment, which says nothing about the other one.
bool is_ours(std::error_code error) {
  return error == std::errc::network_unreachable || error == std::errc::network_down ||
         error == std::errc::address_not_available || error == std::errc::address_family_not_supported;
}

/// Makes room for one more in a memory.
template <class Memory>
void drop_oldest_if_full(Memory& memory, const KeyHash& newcomer) {
  if (memory.size() < Dialer::kMaxRecent || memory.contains(newcomer)) return;
  memory.erase(std::min_element(memory.begin(), memory.end(),
                                [](const auto& a, const auto& b) { return a.second.when < b.second.when; }));
}

}  // namespace

/// One dial or examination. Shared by its attempts, which may wind up after it has returned.
class Dialer::Race final : public find::CandidateSink, public std::enable_shared_from_this<Race> {
 public:
  Race(Dialer& dialer, KeyHash key, bool to_the_end)
      : dialer_(dialer),
        key_(key),
        to_the_end_(to_the_end),
        network_(dialer.network_),
        news_(dialer.executor_),
        order_(dialer.times_) {}

  const KeyHash& key() const { return key_; }
  Clock::time_point began() const { return began_; }
  unsigned network() const { return network_; }
  bool was_cancelled() const { return cancelled_; }
  /// That of another dial, which has told of it.
  bool shares_a_failure() const { return failure_.has_value(); }

  awaitable<tl::expected<Connection, DialFailure>> dial() {
    const auto self = shared_from_this();
    co_await try_last_winner();
    co_await follow_another_search();
    if (!decided() && !failure_ && Clock::now() < deadline_) {
      const Searching searching(*this);
      co_await search();
      if (!decided()) dialer_.remember_failure(*this, DialFailure{attempts_so_far(), reports_});
    }
    auto tried = attempts_so_far();
    give_up_others();
    if (winner_) co_return std::move(*winner_);
    if (failure_) co_return tl::unexpected(*std::move(failure_));
    co_return tl::unexpected(DialFailure{std::move(tried), reports_});
  }

  awaitable<Examination> examine() {
    const auto self = shared_from_this();
    co_await search();
    Examination found{attempts_so_far(), winning_attempt_, reports_, whole_ms(Clock::now() - began_)};
    give_up_others();
    co_return found;
  }

  void found(const Candidate& candidate) override {
    if (decided()) return;
    std::optional<Clock::time_point> only_after;
    if (dialer_.is_suspect(key_, candidate.endpoint)) only_after = began_ + dialer_.times_.between;
    order_.add(candidate, only_after);
    proceed();
    news_.notify();  // the next may be due earlier now
  }

  void exhausted() override {
    exhausted_ = true;
    news_.notify();
  }

  void cancel() {
    cancelled_ = true;
    news_.notify();
  }

  /// A search that it may have waited for has ended.
  void look_again() { news_.notify(); }

 private:
  /// While it lives, other dials of the service wait for this one.
  class Searching {
   public:
    explicit Searching(const Race& race) : dialer_(race.dialer_), key_(race.key_) {
      dialer_.searching_[key_] = ++dialer_.searches_;
    }
    Searching(const Searching&) = delete;
    Searching& operator=(const Searching&) = delete;
    ~Searching() {
      dialer_.searching_.erase(key_);
      for (const auto& weak : dialer_.races_)
        if (const auto other = weak.lock(); other && other->key_ == key_) other->look_again();
    }

   private:
    Dialer& dialer_;
    const KeyHash key_;
  };

  bool decided() const { return cancelled_ || (winning_attempt_ && !to_the_end_); }

  awaitable<void> try_last_winner() {
    const auto last = dialer_.recent(key_);
    if (!last) co_return;
    found(*last);
    const auto start_of_others = Clock::now() + kHeadStart;
    co_await wait_for_attempts(start_of_others);
  }

  awaitable<void> wait_for_attempts(Clock::time_point deadline) {
    while (!decided() && !order_.idle() && Clock::now() < deadline) {
      const auto wake = std::min(deadline, order_.wake_at());
      co_await news_.wait_until(wake);
      proceed();
    }
  }

  /// While another dial searches, waits for what it finds. Its own time is bounded, and began before.
  awaitable<void> follow_another_search() {
    while (!decided()) {
      if (const auto* failed = dialer_.failure(key_)) {
        failure_ = *failed;
        co_return;
      }
      const auto other = dialer_.searching(key_);
      if (!other || Clock::now() >= deadline_) co_return;
      while (!decided() && dialer_.searching(key_) == other) co_await news_.wait();
      if (const auto winner = dialer_.recent(key_)) found(*winner);
      co_await wait_for_attempts(deadline_);
    }
  }

  awaitable<void> search() {
    exhausted_ = false;
    auto search = dialer_.finder_.find(key_, *this);
    while (!decided() && Clock::now() < deadline_ && !(exhausted_ && order_.idle())) {
      const auto wake = std::min(deadline_, order_.wake_at());
      co_await news_.wait_until(wake);
      proceed();
    }
    reports_ = search->sources();
  }

  /// Ends what must give way, and begins what is due.
  void proceed() {
    while (!decided()) {
      const auto now = Clock::now();
      if (const auto id = order_.to_give_way(now)) {
        gave_way_.insert(*id);
        streams_[*id]->abort();
      }
      const auto next = order_.next(now);
      if (!next) return;
      auto& attempt = attempts_.emplace_back();
      attempt.candidate = next->candidate;
      attempt.error = Errc::timed_out;
      attempt.began = whole_ms(now - began_);
      streams_.push_back(std::make_unique<TlsStream>(dialer_.executor_, dialer_.context_.get()));
      dialer_.tasks_.spawn("dial", this->attempt(shared_from_this(), next->id));
    }
  }

  /// `self` keeps the race alive while the attempt winds up.
  awaitable<void> attempt(std::shared_ptr<Race> self, DialOrder::Id id) {
    const auto began = Clock::now();
    auto& stream = *self->streams_[id];
    const auto endpoint = self->attempts_[id].candidate.endpoint;
    Watchdog watchdog(self->dialer_.executor_, [&stream] { stream.abort(); });
    watchdog.arm(self->dialer_.times_.attempt);
    expect_service(stream.ssl(), self->key_);
    auto error = co_await stream.connect(endpoint);
    const auto round_trip = whole_ms(Clock::now() - began);
    if (!error) {
      self->order_.connected(id);
      error = co_await stream.handshake();
    }
    self->attempts_[id].took = whole_ms(Clock::now() - began);
    self->attempts_[id].error = self->judge(id, error, watchdog.bitten());
    self->finished(id, round_trip);
  }

  std::error_code judge(DialOrder::Id id, std::error_code error, bool bitten) const {
    if (!error) return {};
    if (bitten || gave_way_.contains(id)) return Errc::timed_out;
    if (given_up_) return Errc::cancelled;
    if (certificate_mismatched(streams_[id]->ssl())) return Errc::certificate_mismatch;
    return error;
  }

  void finished(DialOrder::Id id, std::chrono::milliseconds round_trip) {
    const auto& attempt = attempts_[id];
    const auto& candidate = attempt.candidate;
    order_.ended(id, static_cast<bool>(attempt.error));
    if (attempt.error) {
      lost(id);
    } else if (!given_up_ && (to_the_end_ || !winner_)) {
      dialer_.finder_.worked(key_, candidate, round_trip);
      if (!winning_attempt_) winning_attempt_ = id;
      if (!to_the_end_) won(id);
    }
    if (streams_[id]) {
      log::debug("dial: attempt ended service={} reason=\"{}\" took={}ms", key_.brief(),
                 attempt.error ? attempt.error.message() : "no longer needed", attempt.took.count());
      streams_[id]->close();
    }
    proceed();
    news_.notify();
  }

  void won(DialOrder::Id id) {
    winner_ = Connection{std::move(streams_[id]), attempts_[id].candidate};
    dialer_.remember(key_, winner_->candidate);
  }

  void lost(DialOrder::Id id) {
    const auto& [candidate, error, took, began] = attempts_[id];
    if (error == Errc::cancelled) return;
    if (!to_the_end_) dialer_.forget_recent(key_, candidate.endpoint);
    const bool says_nothing = gave_way_.contains(id) || (is_ours(error) && candidate.source != find::Source::lan);
    if (!says_nothing) dialer_.finder_.failed(key_, candidate);
  }

  /// Those that still run count as timed out.
  std::vector<Attempt> attempts_so_far() const {
    auto attempts = attempts_;
    for (DialOrder::Id id = 0; id < attempts.size(); ++id)
      if (order_.is_running(id)) attempts[id].took = whole_ms(Clock::now() - began_) - attempts[id].began;
    return attempts;
  }

  void give_up_others() {
    given_up_ = true;
    order_.drop_waiting();
    for (auto& stream : streams_)
      if (stream) stream->abort();
  }

  Dialer& dialer_;
  const KeyHash key_;
  const bool to_the_end_;  ///< an examination
  const unsigned network_;
  const Clock::time_point began_ = Clock::now();
  const Clock::time_point deadline_ = began_ + dialer_.times_.search;
  Event news_;
  DialOrder order_;
  std::vector<Attempt> attempts_;
  std::vector<std::unique_ptr<TlsStream>> streams_;  // by attempt; the winner's is moved out
  std::set<DialOrder::Id> gave_way_;
  std::optional<DialOrder::Id> winning_attempt_;
  std::optional<Connection> winner_;
  std::optional<DialFailure> failure_;  ///< of the search that this one waited for, or of a moment ago
  std::vector<find::SourceReport> reports_;
  bool exhausted_ = false;
  bool given_up_ = false;
  bool cancelled_ = false;
};

std::string problem_of(const std::vector<Attempt>& attempts) {
  if (attempts.empty()) return "no source knows where it is";
  const auto ended_with = [](Errc error) { return [error](const Attempt& attempt) { return attempt.error == error; }; };
  if (std::any_of(attempts.begin(), attempts.end(), ended_with(Errc::certificate_mismatch)))
    return "another computer answered in its place";
  const bool all_silent = std::all_of(attempts.begin(), attempts.end(), ended_with(Errc::timed_out));
  if (attempts.size() > 1)
    return std::to_string(attempts.size()) + " addresses were tried and none " + (all_silent ? "answered" : "worked");
  const auto where = to_host_port(attempts[0].candidate.endpoint).to_string();
  return all_silent ? "no answer from " + where : where + ": " + attempts[0].error.message();
}

Dialer::Dialer(Executor executor, find::Finder& finder, TaskGroup& tasks, DialTimes times, Doubted doubted, Ended ended)
    : executor_(executor),
      finder_(finder),
      tasks_(tasks),
      times_(times),
      doubted_(std::move(doubted)),
      ended_(std::move(ended)),
      context_(make_client_context()) {}

std::shared_ptr<Dialer::Race> Dialer::new_race(const KeyHash& key, bool to_the_end) {
  auto race = std::make_shared<Race>(*this, key, to_the_end);
  std::erase_if(races_, [](const auto& other) { return other.expired(); });
  races_.push_back(race);
  return race;
}

awaitable<tl::expected<Connection, DialFailure>> Dialer::dial(KeyHash key) {
  if (closed_) co_return tl::unexpected(DialFailure{});
  const auto race = new_race(key, false);
  auto dialled = co_await race->dial();
  if (dialled)
    tell_reached(key, dialled->candidate);
  else if (!race->was_cancelled() && !race->shares_a_failure())
    tell_missed(key, dialled.error().attempts);
  co_return dialled;
}

awaitable<Examination> Dialer::examine(KeyHash key) {
  if (closed_) co_return Examination{};
  const auto race = new_race(key, true);
  auto found = co_await race->examine();
  if (found.winner)
    tell_reached(key, found.attempts[*found.winner].candidate);
  else if (!race->was_cancelled())
    tell_missed(key, found.attempts);
  co_return found;
}

void Dialer::tell_reached(const KeyHash& key, const Candidate& candidate) const {
  if (ended_.reached) ended_.reached(key, candidate);
}

void Dialer::tell_missed(const KeyHash& key, const std::vector<Attempt>& attempts) const {
  if (ended_.missed) ended_.missed(key, problem_of(attempts));
}

void Dialer::cancel_all() {
  closed_ = true;
  for (const auto& weak : races_)
    if (const auto race = weak.lock()) race->cancel();
  for (auto* stream : openings_) stream->abort();
}

void Dialer::network_changed() {
  ++network_;
  recent_.clear();
  suspects_.clear();
  failures_.clear();
  for (auto* stream : openings_) stream->check_path();
}

void Dialer::died(const KeyHash& key, const Candidate& candidate) {
  if (closed_) return;  // it was us
  forget_recent(key, candidate.endpoint);
  drop_oldest_if_full(suspects_, key);
  suspects_.insert_or_assign(key, Recent{candidate, Clock::now()});
  // What was just heard would keep the LAN from being asked who else is there. Of an address elsewhere it says little.
  if (candidate.source == find::Source::lan) finder_.failed(key, candidate);
}

void Dialer::remember(const KeyHash& key, const Candidate& candidate) {
  if (is_suspect(key, candidate.endpoint)) suspects_.erase(key);
  failures_.erase(key);
  drop_oldest_if_full(recent_, key);
  const auto before = recent(key);  // it had a head start
  recent_.insert_or_assign(key, Recent{candidate, Clock::now()});
  if (before && before->endpoint != candidate.endpoint) doubt(key);
}

std::optional<Candidate> Dialer::recent(const KeyHash& key) const {
  const auto found = recent_.find(key);
  if (found == recent_.end() || Clock::now() - found->second.when >= kRecentFor) return std::nullopt;
  return found->second.candidate;
}

void Dialer::forget_recent(const KeyHash& key, const tcp::endpoint& endpoint) {
  const auto found = recent_.find(key);
  if (found == recent_.end() || found->second.candidate.endpoint != endpoint) return;
  recent_.erase(found);
  doubt(key);
}

void Dialer::doubt(const KeyHash& key) const {
  if (doubted_) doubted_(key);
}

bool Dialer::is_suspect(const KeyHash& key, const tcp::endpoint& endpoint) const {
  const auto found = suspects_.find(key);
  return found != suspects_.end() && found->second.candidate.endpoint == endpoint &&
         Clock::now() - found->second.when < kSuspectFor;
}

/// What it says of a network that is no longer this one is not kept.
void Dialer::remember_failure(const Race& race, DialFailure failure) {
  const auto& key = race.key();
  const auto last = recent_.find(key);
  if (last != recent_.end() && last->second.when < race.began()) {  // it was tried, in vain
    recent_.erase(last);
    doubt(key);
  }
  if (race.network() != network_) return;
  drop_oldest_if_full(failures_, key);
  failures_.insert_or_assign(key, Failed{std::move(failure), Clock::now()});
}

const DialFailure* Dialer::failure(const KeyHash& key) const {
  const auto found = failures_.find(key);
  if (found == failures_.end() || Clock::now() - found->second.when >= times_.failure_counts_for) return nullptr;
  return &found->second.failure;
}

std::optional<std::uint64_t> Dialer::searching(const KeyHash& key) const {
  const auto found = searching_.find(key);
  if (found == searching_.end()) return std::nullopt;
  return found->second;
}

}  // namespace hardline::tunnel
