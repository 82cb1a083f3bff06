#include "hardline/dht/dht_node.hpp"

#include <sodium.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <future>
#include <optional>
#include <set>
#include <utility>

#include "hardline/base/errc.hpp"
#include "hardline/base/log.hpp"
#include "hardline/rt/event.hpp"
#include "hardline/rt/mailbox.hpp"
#include "hardline/rt/offload.hpp"
#include "known_nodes.hpp"
#include "opendht.hpp"

namespace hardline::dht {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using State = DhtNodeStatus::State;

// These bound what stop() may have to wait for, so they are within kStopLimit.
constexpr auto kStartLimit = 3s;
constexpr auto kResolveLimit = 3s;
constexpr auto kReportLimit = 2s;
constexpr auto kSaveLimit = 1s;

constexpr auto kStopLimit = 3s;
constexpr auto kEndLimit = 1s;  // for a destructor, which holds up the io thread

constexpr auto kReportEvery = 5s;
constexpr auto kFirstSave = 3s;  // after connecting: by then the table has more than the node it entered by
constexpr auto kSaveEvery = 10min;
constexpr auto kForgettingTakes = 1s;  // OpenDHT does it on its own thread, when that comes to it
constexpr auto kForgetPause = 2min;    // every node in the table is pinged then
constexpr auto kRestartPause = 10s;    // where no socket could be opened

constexpr auto kKnownHeadStart = 2s;  // of remembered nodes before bootstrap servers are asked
constexpr auto kFirstRetry = 5s;      // and nobody having answered by then, we say so; OpenDHT pings on for 9 s
constexpr auto kLastRetry = 60s;

// A person waits for a get. Where nobody has answered the node for so long, the internet is most likely down.
constexpr auto kHopelessAfter = 3s;

// Copies of one value under other ids count too: without a bound, a key of a million values would fill the mailbox.
constexpr std::size_t kMaxRead = 4 * Lookup::kMaxValues;

/// What a get or put and OpenDHT's thread share.
struct Call {
  std::atomic<bool> over = false;  ///< nobody waits any more
  std::size_t read = 0;            ///< values; OpenDHT's thread only
  bool done = false;               ///< io thread only, as success
  bool success = false;
};

/// Ends a get's share in its Lookup and tells OpenDHT's thread, however the get ends.
class Reading {
 public:
  Reading(std::shared_ptr<Lookup> lookup, std::shared_ptr<Call> call)
      : lookup_(std::move(lookup)), call_(std::move(call)) {}
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading() {
    call_->over = true;
    lookup_->when_stopped(nullptr);
  }

 private:
  std::shared_ptr<Lookup> lookup_;
  std::shared_ptr<Call> call_;
};

/// A put that OpenDHT would repeat for ever; the announcer knows better when.
class Putting {
 public:
  Putting(const std::shared_ptr<OpenDht>& node, const DhtKey& key, std::uint64_t id)
      : node_(node), key_(key), id_(id) {}
  Putting(const Putting&) = delete;
  Putting& operator=(const Putting&) = delete;
  ~Putting() {
    if (const auto node = node_.lock()) node->end_put(key_, id_);
  }

 private:
  std::weak_ptr<OpenDht> node_;
  DhtKey key_;
  std::uint64_t id_;
};

/// What the first job on the pool brings back.
struct Started {
  std::shared_ptr<OpenDht> node;
  std::vector<udp::endpoint> known;
  std::string problem;
};

/// Tells the node that OpenDHT's threads, or the attempt to start them, are gone.
class Presence {
 public:
  Presence(Mailbox::Sender sender, std::function<void()> gone) : sender_(std::move(sender)), gone_(std::move(gone)) {}
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;
  ~Presence() {
    sender_.post(std::move(gone_));
    promise_.set_value();
  }

  std::shared_future<void> ended() { return promise_.get_future().share(); }

 private:
  Mailbox::Sender sender_;
  std::function<void()> gone_;
  std::promise<void> promise_;
};

}  // namespace

class DhtNode::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Executor executor, Resolver& resolver, DhtNodeOptions options)
      : executor_(executor),
        resolver_(resolver),
        options_(std::move(options)),
        mailbox_(std::in_place, executor),
        news_(executor) {
    randombytes_buf(salt_.data(), salt_.size());
  }

  /// DhtNode is gone, and so may be soon what it referred to.
  void abandon();

  static awaitable<std::error_code> get(std::shared_ptr<Impl> self, DhtKey key, std::shared_ptr<Lookup> lookup,
                                        Deadline deadline);
  static awaitable<std::error_code> put(std::shared_ptr<Impl> self, DhtKey key, std::string value, Deadline deadline);
  static awaitable<void> stop(std::shared_ptr<Impl> self);
  void network_changed();
  void want();

  DhtNodeStatus status() const {
    auto status = status_;
    if (status.problem.empty() && status.state == State::disconnected) status.problem = no_way_in_;
    return status;
  }
  void on_change(std::function<void()> changed) { changed_ = std::move(changed); }

 private:
  void spawn(const char* name, awaitable<void> task);
  bool ready() const { return node_ && status_.state == State::connected; }
  void wake() {
    if (mailbox_) news_.notify();
  }
  void set_state(State state);
  void tell_change();
  std::error_code in_vain(const Lookup* lookup, Deadline deadline) const;
  void begin_get(const DhtKey& key, const std::shared_ptr<Lookup>& lookup, const std::shared_ptr<Call>& call);
  OpenDht::OnDone done(const std::shared_ptr<Call>& call);
  std::uint64_t value_id(const DhtKey& key, std::string_view value) const;

  static awaitable<void> run(std::shared_ptr<Impl> self);
  static awaitable<void> start(std::shared_ptr<Impl> self);
  static awaitable<void> stay_connected(std::shared_ptr<Impl> self);
  static awaitable<void> enter_by(std::shared_ptr<Impl> self, HostPort where);
  static awaitable<void> look(std::shared_ptr<Impl> self);
  static awaitable<void> save(std::shared_ptr<Impl> self);
  void take(const OpenDht::Report& report);
  void take_addresses(const OpenDht::Report& report);
  void notice_new_address(const OpenDht::Report& report);

  Executor executor_;
  Resolver& resolver_;
  DhtNodeOptions options_;
  std::optional<Mailbox> mailbox_;       ///< none once DhtNode is gone
  Event news_;                           ///< a change of the state, of a call, of anything below
  std::optional<AbandonablePool> pool_;  ///< one thread, so that jobs follow one another; none before the first use
  std::shared_ptr<OpenDht> node_;
  std::shared_future<void> node_ended_;
  unsigned starts_ = 0;
  unsigned present_ = 0;  ///< nodes begun and not yet gone
  bool wanted_ = false;
  bool ended_ = false;
  unsigned network_ = 0;    ///< counts network_changed()
  bool moved_ = false;      ///< network_changed() since bootstrapping last began
  bool look_again_ = true;  ///< the state has changed since it was last looked at
  std::vector<udp::endpoint> known_;
  std::optional<steady_clock::time_point> next_save_;  ///< none while it has not been connected yet
  std::array<std::uint8_t, 16> salt_{};
  std::set<asio::ip::address> told_;  ///< every address that was told to be ours, by however few
  steady_clock::time_point next_forgetting_;
  steady_clock::time_point told_since_;  ///< what reports from before say of our address is of another network
  DhtNodeStatus status_;
  std::string no_way_in_;  ///< why the last bootstrap node whose name could not be resolved has none
  std::function<void()> changed_;
};

void DhtNode::Impl::abandon() {
  ended_ = true;
  changed_ = nullptr;
  wake();
  mailbox_.reset();
  pool_.reset();
  if (!std::exchange(node_, nullptr)) return;
  // A process that ends next should not take the library away from under its threads.
  node_ended_.wait_for(kEndLimit);
}

/// A task group would have to outlive its tasks: here each task keeps the Impl, and DhtNode may go at any time.
void DhtNode::Impl::spawn(const char* name, awaitable<void> task) {
  auto finished = [self = shared_from_this(), name](std::exception_ptr error) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (const std::exception& e) {
      log::error("{}: ended by an unexpected error: {}", name, e.what());
    }
  };
  asio::co_spawn(executor_, std::move(task), std::move(finished));
}

void DhtNode::Impl::want() {
  if (wanted_ || ended_) return;
  wanted_ = true;
  pool_.emplace(1);
  set_state(State::connecting);
  spawn("dht", run(shared_from_this()));
}

void DhtNode::Impl::set_state(State state) {
  if (status_.state == state) return;
  // OpenDHT is connecting whenever it has pinged: while nobody answers that is nothing new.
  if (status_.state == State::disconnected && state == State::connecting) return;
  status_.state = state;
  if (state == State::connected && !next_save_) {
    next_save_ = Clock::now() + kFirstSave;
    log::info("dht: connected, port {}", status_.port);
  }
  look_again_ = true;
  wake();
  tell_change();
}

void DhtNode::Impl::tell_change() {
  const auto changed = changed_;  // it may be replaced from inside
  if (changed) changed();
}

/// Why there is nothing to wait for any more, if so.
std::error_code DhtNode::Impl::in_vain(const Lookup* lookup, Deadline deadline) const {
  if (ended_ || (lookup && lookup->stopped())) return Errc::cancelled;
  if (Clock::now() >= deadline) return Errc::timed_out;
  return {};
}

awaitable<std::error_code> DhtNode::Impl::get(std::shared_ptr<Impl> self, DhtKey key, std::shared_ptr<Lookup> lookup,
                                              Deadline deadline) {
  if (const auto error = self->in_vain(lookup.get(), deadline)) co_return error;
  self->want();
  const auto call = std::make_shared<Call>();
  const Reading reading(lookup, call);
  lookup->when_stopped([waiting = self.get()] { waiting->wake(); });
  const auto hopeless_at = Clock::now() + kHopelessAfter;
  bool begun = false;
  while (!call->done) {
    if (const auto error = self->in_vain(lookup.get(), deadline)) co_return error;
    const bool hopeless = !begun && self->status_.state == State::disconnected;
    if (hopeless && Clock::now() >= hopeless_at) co_return std::make_error_code(std::errc::not_connected);
    if (!begun && self->ready()) {
      begun = true;
      self->begin_get(key, lookup, call);
    }
    const auto next = hopeless ? std::min(deadline, hopeless_at) : deadline;
    co_await self->news_.wait_until(next);
  }
  if (lookup->stopped()) co_return Errc::cancelled;
  if (!call->success) co_return std::make_error_code(std::errc::not_connected);
  co_return std::error_code();
}

void DhtNode::Impl::begin_get(const DhtKey& key, const std::shared_ptr<Lookup>& lookup,
                              const std::shared_ptr<Call>& call) {
  // Weak, because OpenDHT may let go of its callbacks last, on its thread, and a Lookup belongs to the io thread.
  auto values = [sender = mailbox_->sender(), weak = std::weak_ptr(lookup), call](std::vector<std::string> found) {
    if (call->over) return false;
    if (found.size() > kMaxRead - call->read) found.resize(kMaxRead - call->read);
    call->read += found.size();
    sender.post([weak, found = std::move(found)] {
      const auto asking = weak.lock();
      if (!asking) return;
      for (const auto& value : found) asking->offer(value);
    });
    return call->read < kMaxRead;
  };
  node_->get(key, std::move(values), done(call));
}

awaitable<std::error_code> DhtNode::Impl::put(std::shared_ptr<Impl> self, DhtKey key, std::string value,
                                              Deadline deadline) {
  if (const auto error = self->in_vain(nullptr, deadline)) co_return error;
  self->want();
  const auto call = std::make_shared<Call>();
  const auto id = self->value_id(key, value);
  const auto network = self->network_;
  std::optional<Putting> putting;
  while (!call->done) {
    if (const auto error = self->in_vain(nullptr, deadline)) co_return error;
    if (self->status_.state == State::disconnected) co_return std::make_error_code(std::errc::not_connected);
    if (!putting && self->ready()) {
      self->node_->put(key, id, value, self->done(call));
      putting.emplace(self->node_, key, id);
    }
    co_await self->news_.wait_until(deadline);
    if (!call->done && network != self->network_) co_return make_error_code(Errc::cancelled);
  }
  if (!call->success) co_return std::make_error_code(std::errc::not_connected);
  co_return std::error_code();
}

OpenDht::OnDone DhtNode::Impl::done(const std::shared_ptr<Call>& call) {
  return [this, sender = mailbox_->sender(), call](bool success) {
    sender.post([this, call, success] {
      call->done = true;
      call->success = success;
      wake();
    });
  };
}

/// The same for the same value, which is so prolonged instead of being stored twice; another for another one, which
/// would be refused as a change; and nobody else's, since a stranger who put it first would keep ours out.
std::uint64_t DhtNode::Impl::value_id(const DhtKey& key, std::string_view value) const {
  std::vector<std::uint8_t> text(salt_.begin(), salt_.end());
  text.insert(text.end(), key.bytes().begin(), key.bytes().end());
  text.insert(text.end(), value.begin(), value.end());
  const auto hash = blake2b_160(text);
  std::uint64_t id = 0;
  std::memcpy(&id, hash.data(), sizeof id);
  return std::max<std::uint64_t>(id, 1);  // 0 is no id
}

awaitable<void> DhtNode::Impl::run(std::shared_ptr<Impl> self) {
  while (!self->node_ && !self->ended_) {
    co_await start(self);
    const auto again = Clock::now() + kRestartPause;
    while (!self->node_ && !self->ended_ && !self->moved_ && Clock::now() < again)
      co_await self->news_.wait_until(again);
    self->moved_ = false;
  }
  if (self->ended_) co_return;
  self->spawn("dht bootstrap", stay_connected(self));
  while (!self->ended_) {
    co_await look(self);
    if (!self->ended_ && self->next_save_ && Clock::now() >= *self->next_save_) co_await save(self);
    auto next = Clock::now() + kReportEvery;
    if (self->next_save_) next = std::min(next, *self->next_save_);
    while (!self->ended_ && !self->look_again_ && Clock::now() < next) co_await self->news_.wait_until(next);
  }
}

awaitable<void> DhtNode::Impl::start(std::shared_ptr<Impl> self) {
  // One that took too long to start may still tell something before it ends.
  auto told = [listener = self.get(), number = ++self->starts_](State state) {
    if (!listener->ended_ && number == listener->starts_) listener->set_state(state);
  };
  auto gone = [present_in = self.get()] {
    --present_in->present_;
    present_in->wake();
  };
  const auto sender = self->mailbox_->sender();
  auto presence = std::make_shared<Presence>(sender, std::move(gone));
  ++self->present_;
  self->node_ended_ = presence->ended();
  const auto job = [options = self->options_, sender, told, presence = OpenDht::Presence(std::move(presence))] {
    Started started;
    try {
      started.known = load_known_nodes(options.nodes_file);
      auto post_state = [sender, told](State state) { sender.post([told, state] { told(state); }); };
      started.node = OpenDht::start(options, std::move(post_state), presence);
    } catch (const std::exception& error) {
      started.problem = error.what();
    }
    return started;
  };
  auto started = co_await offload_for(*self->pool_, job, kStartLimit);
  if (self->ended_) co_return;
  const auto problem_before = self->status_.problem;
  if (started && started->node) {
    self->node_ = std::move(started->node);
    self->known_ = std::move(started->known);
    self->status_.port = self->node_->port();
    self->status_.problem = self->node_->problem();
    self->wake();
  } else {
    self->status_.problem = started ? started->problem : "could not be started in time";
    self->set_state(State::disconnected);
  }
  const auto& problem = self->status_.problem;
  if (!problem.empty() && problem != problem_before) log::warn("dht: {}", problem);
}

awaitable<void> DhtNode::Impl::stay_connected(std::shared_ptr<Impl> self) {
  steady_clock::duration pause = kFirstRetry;
  bool by_known = !self->known_.empty();  // bootstrap servers are not asked where a remembered node answers at once
  while (!self->ended_) {
    if (self->status_.state == State::connected) {
      pause = kFirstRetry;
      co_await self->news_.wait();
      continue;
    }
    self->moved_ = false;
    self->node_->ping(self->known_);
    auto again = Clock::now() + kKnownHeadStart;
    if (!by_known) {
      for (const auto& where : self->options_.bootstrap) self->spawn("dht bootstrap", enter_by(self, where));
      again = Clock::now() + pause;
      pause = std::min<steady_clock::duration>(2 * pause, kLastRetry);
    }
    while (!self->ended_ && !self->moved_ && self->status_.state != State::connected && Clock::now() < again)
      co_await self->news_.wait_until(again);
    if (self->moved_) pause = kFirstRetry;
    const bool alone = !by_known && !self->moved_ && self->status_.state != State::connected;
    if (alone && !self->ended_) self->set_state(State::disconnected);
    by_known = false;
  }
}

awaitable<void> DhtNode::Impl::enter_by(std::shared_ptr<Impl> self, HostPort where) {
  // Looked up by us: OpenDHT would do it on the thread that its join() waits for.
  const auto found = co_await self->resolver_.resolve(where, kResolveLimit);
  if (self->ended_) co_return;
  if (!found) {
    self->no_way_in_ = where.to_string() + ": " + found.error().message();
    log::debug("dht: bootstrap node {}", self->no_way_in_);
    co_return;
  }
  std::vector<udp::endpoint> nodes;
  for (const auto& endpoint : *found) nodes.emplace_back(endpoint.address(), endpoint.port());
  self->node_->ping(nodes);
}

awaitable<void> DhtNode::Impl::look(std::shared_ptr<Impl> self) {
  self->look_again_ = false;
  const auto begun = Clock::now();
  const auto job = [node = self->node_] { return node->report(); };
  const auto report = co_await offload_for(*self->pool_, job, kReportLimit);
  if (!report || self->ended_) co_return;
  self->take(*report);
  if (begun >= self->told_since_) self->take_addresses(*report);
}

void DhtNode::Impl::take(const OpenDht::Report& report) {
  status_.good_nodes4 = report.ipv4.good_nodes;
  status_.good_nodes6 = report.ipv6.good_nodes;
  status_.known_nodes4 = report.ipv4.getKnownNodes();
  status_.known_nodes6 = report.ipv6.getKnownNodes();
}

void DhtNode::Impl::take_addresses(const OpenDht::Report& report) {
  notice_new_address(report);
  // What was seen before holds until something else is: nobody tells anything while the node is disconnected.
  if (report.seen_as.empty() || report.seen_as == status_.seen_as) return;
  status_.seen_as = report.seen_as;
  tell_change();
}

/// OpenDHT adds up what it was told since it was told to forget, so a new address would need as long to get ahead as
/// the old one had. Whoever tells a new one may lie; those who are asked again then outvote him.
void DhtNode::Impl::notice_new_address(const OpenDht::Report& report) {
  const auto now = Clock::now();
  const auto is_new = [this](const auto& address) { return !told_.contains(address); };
  const bool news =
      report.told_is_full || (!told_.empty() && std::any_of(report.told.begin(), report.told.end(), is_new));
  if (news && now < next_forgetting_) return;
  if (news) {
    next_forgetting_ = now + kForgetPause;
    node_->network_changed();
  }
  told_ = {report.told.begin(), report.told.end()};
}

awaitable<void> DhtNode::Impl::save(std::shared_ptr<Impl> self) {
  self->next_save_ = Clock::now() + kSaveEvery;
  const auto job = [node = self->node_, file = self->options_.nodes_file] {
    auto nodes = node->good_nodes();
    if (nodes.empty() || file.empty()) return nodes;  // none while disconnected, when the old ones are needed most
    if (const auto error = save_known_nodes(file, nodes))
      log::warn("dht: cannot write {}: {}", file.string(), error.message());
    return nodes;
  };
  auto nodes = co_await offload_for(*self->pool_, job, kSaveLimit);
  if (nodes && !nodes->empty()) self->known_ = std::move(*nodes);
}

void DhtNode::Impl::network_changed() {
  if (!node_ && !wanted_) return;
  moved_ = true;
  ++network_;
  status_.seen_as.clear();
  told_.clear();
  told_since_ = Clock::now() + kForgettingTakes;
  if (node_) node_->network_changed();
  wake();
}

awaitable<void> DhtNode::Impl::stop(std::shared_ptr<Impl> self) {
  const auto deadline = Clock::now() + kStopLimit;
  self->ended_ = true;
  self->wake();
  if (self->node_ && self->next_save_) co_await save(self);
  self->node_.reset();
  while (self->present_ > 0 && Clock::now() < deadline) co_await self->news_.wait_until(deadline);
  if (self->present_ > 0) log::warn("dht: the node does not stop; leaving it behind");
  if (self->status_.state != State::idle) {
    self->status_ = {};
    self->tell_change();
  }
  self->changed_ = nullptr;
}

bool has_dht_node() {
  return true;
}

DhtNode::DhtNode(Executor executor, Resolver& resolver, DhtNodeOptions options)
    : impl_(std::make_shared<Impl>(executor, resolver, std::move(options))) {}

DhtNode::~DhtNode() {
  impl_->abandon();
}

void DhtNode::start() {
  impl_->want();
}

awaitable<std::error_code> DhtNode::get(DhtKey key, std::shared_ptr<Lookup> lookup, Deadline deadline) {
  return Impl::get(impl_, key, std::move(lookup), deadline);
}

awaitable<std::error_code> DhtNode::put(DhtKey key, std::string value, Deadline deadline) {
  return Impl::put(impl_, key, std::move(value), deadline);
}

DhtNodeStatus DhtNode::status() const {
  return impl_->status();
}

void DhtNode::on_change(std::function<void()> changed) {
  impl_->on_change(std::move(changed));
}

void DhtNode::network_changed() {
  impl_->network_changed();
}

awaitable<void> DhtNode::stop() {
  return Impl::stop(impl_);
}

}  // namespace hardline::dht
