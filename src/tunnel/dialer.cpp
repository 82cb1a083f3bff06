#include "hardline/tunnel/dialer.hpp"

#include <algorithm>

#include "hardline/base/errc.hpp"
#include "hardline/base/log.hpp"
#include "hardline/rt/event.hpp"
#include "hardline/rt/watchdog.hpp"

namespace hardline::tunnel {

using Clock = std::chrono::steady_clock;
using discovery::Candidate;

/// One dial. Shared by its attempts, which may wind up after it has returned.
class Dialer::Race final : public discovery::CandidateSink, public std::enable_shared_from_this<Race> {
 public:
  Race(Dialer& dialer, KeyHash key) : dialer_(dialer), key_(key), news_(dialer.executor_) {}

  awaitable<tl::expected<Connection, DialFailure>> run() {
    const auto self = shared_from_this();
    const auto deadline = Clock::now() + kDialTimeout;
    const auto recent = dialer_.recent_.find(key_);
    if (recent != dialer_.recent_.end() && Clock::now() - recent->second.when < kRecentFor) {
      found(recent->second.candidate);
      const auto start_of_others = Clock::now() + kHeadStart;
      while (!decided() && running_ > 0) {
        const bool in_time = co_await news_.wait_until(start_of_others);
        if (!in_time) break;
      }
    }
    std::unique_ptr<discovery::Search> search;
    if (!decided()) {
      exhausted_ = false;
      search = dialer_.finder_.find(key_, *this);
    }
    while (!decided() && !(exhausted_ && running_ == 0)) {
      const bool in_time = co_await news_.wait_until(deadline);
      if (!in_time) break;
    }
    search.reset();
    give_up_others();
    if (winner_) {
      dialer_.remember(key_, winner_->candidate);
      co_return std::move(*winner_);
    }
    dialer_.recent_.erase(key_);
    co_return tl::unexpected(DialFailure{attempts_});
  }

  void found(const Candidate& candidate) override {
    if (decided() || attempts_.size() + waiting_.size() >= kMaxAttemptsInAll) return;
    const auto same = [&candidate](const Candidate& other) { return other.endpoint == candidate.endpoint; };
    const bool tried = std::any_of(attempts_.begin(), attempts_.end(),
                                   [&same](const Attempt& attempt) { return same(attempt.candidate); });
    if (tried || std::any_of(waiting_.begin(), waiting_.end(), same)) return;
    waiting_.push_back(candidate);
    begin_attempts();
  }

  void exhausted() override {
    exhausted_ = true;
    news_.notify();
  }

  void cancel() {
    cancelled_ = true;
    news_.notify();
  }

 private:
  bool decided() const { return winner_ || cancelled_; }

  bool has_room(const Candidate& candidate) const {
    if (running_ >= kMaxAttempts) return false;
    return candidate.source != discovery::Source::lan || running_on_lan_ < kMaxLanAttempts;
  }

  /// Those that wait, in their order, as far as there is room. Where some wait, others are running.
  void begin_attempts() {
    while (!decided()) {
      const auto next = std::find_if(waiting_.begin(), waiting_.end(),
                                     [this](const Candidate& candidate) { return has_room(candidate); });
      if (next == waiting_.end()) return;
      const auto candidate = *next;
      waiting_.erase(next);
      attempts_.push_back({candidate, Errc::timed_out, {}});
      streams_.push_back(std::make_unique<TlsStream>(dialer_.executor_, dialer_.context_.get()));
      ++running_;
      if (candidate.source == discovery::Source::lan) ++running_on_lan_;
      dialer_.tasks_.spawn("dial", attempt(shared_from_this(), attempts_.size() - 1));
    }
  }

  /// `self` keeps the race alive while the attempt winds up.
  awaitable<void> attempt(std::shared_ptr<Race> self, std::size_t index) {
    const auto began = Clock::now();
    auto& stream = *self->streams_[index];
    const auto candidate = self->attempts_[index].candidate;
    Watchdog watchdog(self->dialer_.executor_, [&stream] { stream.abort(); });
    watchdog.arm(kAttemptTimeout);
    expect_service(stream.ssl(), self->key_);
    auto error = co_await stream.connect(candidate.endpoint);
    if (!error) error = co_await stream.handshake();
    self->finished(index, judge(stream, error, watchdog.bitten()), Clock::now() - began);
  }

  std::error_code judge(const TlsStream& stream, std::error_code error, bool bitten) const {
    if (!error) return {};
    if (bitten) return Errc::timed_out;
    if (given_up_) return Errc::cancelled;
    if (certificate_mismatched(stream.ssl())) return Errc::certificate_mismatch;
    return error;
  }

  void finished(std::size_t index, std::error_code error, Clock::duration took) {
    auto& attempt = attempts_[index];
    attempt.took = std::chrono::duration_cast<std::chrono::milliseconds>(took);
    attempt.error = error;
    if (!error && !given_up_ && !winner_) {
      dialer_.finder_.worked(key_, attempt.candidate, attempt.took);
      winner_ = Connection{std::move(streams_[index]), attempt.candidate};
    } else {
      if (error && error != Errc::cancelled) dialer_.finder_.failed(key_, attempt.candidate);
      log::debug("dial: attempt ended service={} reason=\"{}\" took={}ms", key_.brief(),
                 error ? error.message() : "another was faster", attempt.took.count());
      streams_[index]->close();
    }
    --running_;
    if (attempt.candidate.source == discovery::Source::lan) --running_on_lan_;
    begin_attempts();
    news_.notify();
  }

  void give_up_others() {
    given_up_ = true;
    waiting_.clear();
    for (auto& stream : streams_)
      if (stream) stream->abort();
  }

  Dialer& dialer_;
  KeyHash key_;
  Event news_;
  std::vector<Attempt> attempts_;
  std::vector<std::unique_ptr<TlsStream>> streams_;  // by attempt; the winner's is moved out
  std::vector<Candidate> waiting_;                   // for a running attempt to end
  std::optional<Connection> winner_;
  std::size_t running_ = 0;
  std::size_t running_on_lan_ = 0;
  bool exhausted_ = false;
  bool given_up_ = false;
  bool cancelled_ = false;
};

Dialer::Dialer(Executor executor, discovery::Finder& finder, TaskGroup& tasks)
    : executor_(executor), finder_(finder), tasks_(tasks), context_(make_client_context()) {}

awaitable<tl::expected<Connection, DialFailure>> Dialer::dial(KeyHash key) {
  if (closed_) co_return tl::unexpected(DialFailure{});
  const auto race = std::make_shared<Race>(*this, key);
  std::erase_if(races_, [](const auto& other) { return other.expired(); });
  races_.push_back(race);
  co_return co_await race->run();
}

void Dialer::cancel_all() {
  closed_ = true;
  for (const auto& weak : races_)
    if (const auto race = weak.lock()) race->cancel();
  for (auto* stream : openings_) stream->abort();
}

void Dialer::remember(const KeyHash& key, const Candidate& candidate) {
  const auto now = Clock::now();
  if (recent_.size() >= kMaxRecent && !recent_.contains(key))
    recent_.erase(std::min_element(recent_.begin(), recent_.end(),
                                   [](const auto& a, const auto& b) { return a.second.when < b.second.when; }));
  recent_.insert_or_assign(key, Recent{candidate, now});
}

}  // namespace hardline::tunnel
