#include "hardline/reach/port_mapper.hpp"

#include <linux/close_range.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <future>

#include "hardline/base/log.hpp"

namespace hardline::reach {
namespace {

using namespace std::chrono_literals;
using asio::ip::address_v4;
using asio::ip::address_v6;
using State = PortMapperStatus::State;

/// One call may hang until the libraries' own limits (3 s to connect, 5 s for an answer), and the next ones too.
constexpr std::size_t kThreads = 4;
/// Longer than a search, or a few requests to a slow router, take.
constexpr auto kCallLimit = 15s;
constexpr auto kNever = std::chrono::steady_clock::time_point::max();

/// Runs `job` on a thread with a descriptor table of its own, empty but for the standard ones. miniupnpc waits with
/// select(2) where a router does not answer, which writes past its array for a descriptor above 1023, as a daemon with
/// many connections has. Where the kernel refuses it shares the process's table. (Not the pool's own threads: those
/// wake the io thread, by a descriptor.)
template <class Job>
std::invoke_result_t<Job&> run_with_own_descriptors(Job& job) {
  const auto run = [&job] {
    close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_UNSHARE);
    return job();
  };
  return std::async(std::launch::async, run).get();
}

FindGateways finder(PortMapperOptions options) {
  return [options] {
    std::future<std::vector<std::shared_ptr<Gateway>>> nat_pmp;
    if (options.nat_pmp) nat_pmp = std::async(std::launch::async, find_nat_pmp_gateways);
    std::vector<std::shared_ptr<Gateway>> found;
    if (options.upnp) found = find_upnp_gateways();
    if (nat_pmp.valid())
      for (auto& gateway : nat_pmp.get()) found.push_back(std::move(gateway));
    return found;
  };
}

const char* describe(MappingError error) {
  switch (error) {
    case MappingError::conflict: return "the router refuses the port and those after it; other programs may have them";
    case MappingError::only_permanent:
    case MappingError::refused: return "the router refuses to map a port";
    case MappingError::no_answer: return "the router was found but does not answer";
    case MappingError::unsupported: return "the router cannot map a port";
  }
  return "";
}

std::string describe_lease(std::chrono::seconds lease) {
  return lease > 0s ? std::to_string(lease.count()) + " s" : "permanent";
}

std::string or_unknown(const std::optional<address_v4>& address) {
  return address ? address->to_string() : "unknown";
}

}  // namespace

PortMapper::PortMapper(Executor executor, PortMapperOptions options, std::function<void()> changed,
                       PortMapperTimes times)
    : PortMapper(executor, finder(options), std::move(changed), times) {
  allowed_ = options.upnp || options.nat_pmp;
  pinholes_allowed_ = options.pinholes;
}

PortMapper::PortMapper(Executor executor, FindGateways find, std::function<void()> changed, PortMapperTimes times)
    : executor_(executor),
      find_(std::move(find)),
      changed_(std::move(changed)),
      times_(times),
      pool_(kThreads),
      mailbox_(executor),
      news_(executor) {}

void PortMapper::wake() {
  disturbed_ = true;
  news_.notify();
}

void PortMapper::want(bool wanted) {
  if (wanted == wanted_ || !allowed_) return;
  wanted_ = wanted;
  search_now_ = wanted;
  if (wanted) status_.state = State::searching;
  wake();
}

void PortMapper::want_pinholes(std::vector<address_v6> addresses) {
  if (!pinholes_allowed_) return;
  std::vector<Pinhole> wanted;
  for (const auto& address : addresses) {
    const auto is_for = [&](const Pinhole& pinhole) { return pinhole.address == address; };
    const auto known = std::find_if(pinholes_.begin(), pinholes_.end(), is_for);
    if (known == pinholes_.end()) {
      wanted.push_back({address});
    } else {
      wanted.push_back(std::move(*known));
      pinholes_.erase(known);
    }
  }
  for (auto& pinhole : pinholes_)
    if (!pinhole.id.empty()) unwanted_pinholes_.push_back(std::move(pinhole));
  pinholes_ = std::move(wanted);
  list_pinholes();
  wake();
}

void PortMapper::network_changed() {
  search_now_ = true;
  wake();
}

void PortMapper::close() {
  if (!closed_at_) closed_at_ = Clock::now();
  wake();
}

PortMapper::Clock::time_point PortMapper::give_up_at(Call kind, Clock::time_point begun) const {
  const auto limit = begun + kCallLimit;
  switch (kind) {
    case Call::searches: return closed_at_ ? *closed_at_ : limit;
    case Call::asks: return closed_at_ || search_now_ ? begun : limit;
    case Call::leaves: return closed_at_ ? *closed_at_ + times_.close_within / 2 : limit;
    case Call::ends: return closed_at_.value_or(begun) + times_.close_within;
  }
  return limit;
}

template <class Job>
awaitable<std::optional<std::invoke_result_t<Job&>>> PortMapper::call(Call kind, Job job) {
  struct Shared {
    std::atomic<bool> abandoned = false;
    std::optional<std::invoke_result_t<Job&>> result;
    bool failed = false;
  };
  const auto shared = std::make_shared<Shared>();
  const auto begun = Clock::now();
  const Clock::Elsewhere elsewhere;
  pool_.post([this, shared, job = std::move(job), sender = mailbox_.sender()]() mutable {
    if (shared->abandoned) return;
    std::optional<std::invoke_result_t<Job&>> result;
    try {
      result.emplace(run_with_own_descriptors(job));
    } catch (const std::exception& e) {  // no memory, or no thread to be had
      log::warn("gateway: {}", e.what());
    }
    sender.post([this, shared, result = std::move(result)] {
      shared->failed = !result;
      shared->result = result;
      news_.notify();
    });
  });
  while (!shared->result && !shared->failed) {
    const auto deadline = give_up_at(kind, begun);
    if (Clock::now() >= deadline) break;
    co_await news_.wait_until(deadline);
  }
  shared->abandoned = true;
  co_return std::move(shared->result);
}

awaitable<void> PortMapper::run(std::uint16_t port) {
  port_ = port;
  while (!closed_at_) {
    disturbed_ = false;
    if (!wanted_) {
      co_await take_back();
    } else if (search_now_ || Clock::now() >= search_at_) {
      co_await search();
    } else if (status_.mapping && Clock::now() >= std::min(verify_at_, renew_at_)) {
      co_await verify();
    }
    if (!is_over()) co_await look_after_pinholes();
    while (!closed_at_ && !disturbed_ && Clock::now() < next_due()) {
      const auto due = next_due();
      co_await news_.wait_until(due);
    }
  }
  co_await take_back();
}

PortMapper::Clock::time_point PortMapper::next_due() const {
  if (!wanted_) return kNever;
  if (search_now_) return Clock::time_point::min();
  auto due = search_at_;
  if (status_.mapping) due = std::min({due, verify_at_, renew_at_});
  for (const auto& pinhole : pinholes_) due = std::min(due, pinhole.due);
  return due;
}

awaitable<void> PortMapper::search() {
  search_now_ = false;
  const auto find = find_;
  const auto job = [find] { return find(); };
  auto found = co_await call(Call::searches, job);
  if (is_over()) co_return;
  gateways_ = found ? std::move(*found) : Gateways();
  for (auto& pinhole : pinholes_) {  // a router that restarted may have given its id to another
    pinhole.gateway.reset();
    pinhole.id.clear();
    pinhole.due = Clock::now();
  }
  co_await leave_old_address();
  if (!is_over()) co_await map();
  search_at_ = kNever;
  if (!status_.mapping) search_at_ = Clock::now() + (lost_ ? times_.verify_every : times_.search_again);
}

/// A mapping to an address that this machine has no longer would keep its external port from the one to come.
awaitable<void> PortMapper::leave_old_address() {
  if (!mapped_at_ || gateways_.empty()) co_return;
  const auto old = mapped_at_;
  const auto is_at_it = [&](const auto& gateway) { return gateway->internal_address() == old->internal_address(); };
  if (std::any_of(gateways_.begin(), gateways_.end(), is_at_it)) co_return;
  mapped_at_.reset();
  co_await unmap(old, mapped_port_);
}

awaitable<void> PortMapper::unmap(std::shared_ptr<Gateway> gateway, std::uint16_t external_port) {
  const auto job = [gateway, external_port, internal_port = port_] {
    gateway->unmap(external_port, internal_port);
    return true;
  };
  co_await call(Call::ends, job);
}

awaitable<void> PortMapper::map() {
  if (gateways_.empty()) {
    lose(State::no_gateway, "nothing answers over UPnP or NAT-PMP", std::nullopt);
    co_return;
  }
  std::optional<MappingError> problem;
  std::optional<address_v4> external;
  const auto gateways = gateways_;
  for (const auto& gateway : gateways) {
    const auto error = co_await map_at(gateway);
    if (!error || is_over()) co_return;
    if (!problem || *problem == MappingError::unsupported) problem = error;
    if (!external) external = co_await external_address_of(gateway);
  }
  lose(State::refused, describe(*problem), external);
}

/// The one that we have or had first, so that addresses others remember stay right.
std::vector<std::uint16_t> PortMapper::ports_to_try() const {
  std::vector<std::uint16_t> ports;
  if (mapped_port_ != 0) ports.push_back(mapped_port_);
  for (int port = port_; port <= std::min(port_ + kMorePorts, 65535); ++port)
    if (port != mapped_port_) ports.push_back(static_cast<std::uint16_t>(port));
  return ports;
}

/// The error if it did not succeed.
awaitable<std::optional<MappingError>> PortMapper::map_at(std::shared_ptr<Gateway> gateway) {
  bool permanent = gateway == mapped_at_ && permanent_;
  auto error = MappingError::conflict;
  const auto ports = ports_to_try();
  for (auto port = ports.begin(); port != ports.end();) {
    const MappingRequest request{*port, port_, permanent ? 0s : times_.lease};
    const auto job = [gateway, request] { return gateway->map(request); };
    const auto answer = co_await call(Call::leaves, job);
    if (answer && *answer) {
      const auto granted = **answer;
      const auto old = std::exchange(mapped_at_, gateway);
      const auto old_port = std::exchange(mapped_port_, granted.external_port);
      permanent_ = granted.lease == 0s;
      // One mapping is enough. The same router may have made one of what two protocols asked for: it is left alone.
      if (old && old->description() != gateway->description()) co_await unmap(old, old_port);
      const auto external = co_await external_address_of(gateway);
      if (!is_over()) adopt(gateway, granted, external);
      co_return std::nullopt;
    }
    error = answer ? answer->error() : MappingError::no_answer;
    if (error == MappingError::only_permanent && !permanent)
      permanent = true;
    else if (error == MappingError::conflict)
      ++port;
    else
      break;
  }
  co_return error;
}

awaitable<std::optional<address_v4>> PortMapper::external_address_of(std::shared_ptr<Gateway> gateway) {
  const auto job = [gateway] { return gateway->external_address(); };
  const auto answer = co_await call(Call::asks, job);
  if (!answer || !*answer) co_return std::nullopt;
  co_return **answer;
}

void PortMapper::adopt(const std::shared_ptr<Gateway>& gateway, const GrantedMapping& granted,
                       std::optional<address_v4> external) {
  const auto now = Clock::now();
  verify_at_ = now + times_.verify_every;
  renew_at_ = granted.lease > 0s ? now + std::chrono::duration_cast<Clock::duration>(granted.lease) / 2 : kNever;
  lost_ = false;
  const auto old = std::exchange(status_.mapping, std::nullopt);
  const bool same_gateway = old && old->protocol == gateway->protocol() && status_.gateway == gateway->description();
  if (!external && same_gateway) external = old->external_address;  // it did not tell this time
  PortMapping mapping{gateway->protocol(), port_, granted.external_port, gateway->internal_address(), external,
                      granted.lease,       now};
  const bool same = same_gateway && old->external_port == mapping.external_port &&
                    old->internal_address == mapping.internal_address && old->external_address == external;
  status_ = {State::mapped, gateway->description(), external, mapping, status_.pinholes, ""};
  if (same) return;
  log::info("gateway: port mapped protocol=\"{}\" router={} external={}:{} internal={}:{} lease={}", mapping.protocol,
            status_.gateway, or_unknown(external), mapping.external_port, mapping.internal_address.to_string(), port_,
            describe_lease(mapping.lease));
  changed_();
}

void PortMapper::lose(State state, std::string problem, std::optional<address_v4> external) {
  const auto old = std::exchange(status_, {state, "", external, std::nullopt, status_.pinholes, std::move(problem)});
  if (!gateways_.empty()) status_.gateway = gateways_.front()->description();
  seen_there_ = false;
  if (old.mapping) {
    lost_ = true;
    log::info("gateway: port {} is no longer mapped: {}", old.mapping->external_port, status_.problem);
  } else if (old.problem != status_.problem) {
    log::info("gateway: port {} is not mapped: {}", port_, status_.problem);
  } else if (old.state == state && old.gateway == status_.gateway && old.external_address == external) {
    return;
  }
  changed_();
}

/// Whether it is still there, and the router's address still what it was; or else it is time to renew it.
awaitable<void> PortMapper::verify() {
  const auto gateway = mapped_at_;
  const auto mapping = *status_.mapping;
  if (Clock::now() < renew_at_) {
    verify_at_ = Clock::now() + times_.verify_every;
    const auto job = [gateway, mapping] { return gateway->has_mapping(mapping.external_port, mapping.internal_port); };
    const auto there = co_await call(Call::asks, job);
    if (is_over() || search_now_) co_return;
    if (!there || (!*there && there->error() == MappingError::no_answer)) {
      search_now_ = true;  // it may have come back under another address
      co_return;
    }
    if (*there && **there) {
      seen_there_ = true;
      const auto external = co_await external_address_of(gateway);
      if (is_over() || !external || external == mapping.external_address) co_return;
      log::info("gateway: the router's external address has changed from={} to={}",
                or_unknown(mapping.external_address), external->to_string());
      status_.external_address = status_.mapping->external_address = external;
      changed_();
      co_return;
    }
    // Where it cannot be told, the mapping is made again each time, and nothing said.
    if (std::exchange(seen_there_, false))
      log::info("gateway: the router has forgotten the mapping of port {}", mapping.external_port);
  }
  const auto error = co_await map_at(gateway);
  if (error) search_now_ = true;
}

awaitable<void> PortMapper::take_back() {
  std::vector<Pinhole> open = std::move(unwanted_pinholes_);
  unwanted_pinholes_.clear();
  for (auto& pinhole : pinholes_) {
    if (!pinhole.id.empty()) open.push_back(pinhole);
    pinhole = {pinhole.address};
  }
  const auto gateway = std::exchange(mapped_at_, nullptr);
  const bool had_mapping = status_.mapping.has_value();
  const bool was_off = status_.state == State::off;
  gateways_.clear();
  status_ = {};
  seen_there_ = lost_ = false;
  if (gateway || !open.empty()) {
    const auto job = [gateway, open, external = mapped_port_, internal = port_] {
      if (gateway) gateway->unmap(external, internal);
      for (const auto& pinhole : open) pinhole.gateway->close_pinhole(pinhole.address, pinhole.id);
      return true;
    };
    const auto done = co_await call(Call::ends, job);
    if (!done)
      log::info("gateway: the router did not answer in time: it keeps port {} mapped", mapped_port_);
    else if (had_mapping)
      log::info("gateway: port {} is no longer mapped: it is not needed", mapped_port_);
  }
  if (!was_off && !closed_at_) changed_();
}

awaitable<void> PortMapper::look_after_pinholes() {
  co_await close_unwanted_pinholes();
  std::vector<address_v6> due;
  for (const auto& pinhole : pinholes_)
    if (pinhole.due <= Clock::now()) due.push_back(pinhole.address);
  for (const auto& address : due) {
    if (is_over() || search_now_) co_return;
    co_await open(address);
  }
}

awaitable<void> PortMapper::close_unwanted_pinholes() {
  if (unwanted_pinholes_.empty()) co_return;
  const auto job = [unwanted = std::exchange(unwanted_pinholes_, {})] {
    for (const auto& pinhole : unwanted) pinhole.gateway->close_pinhole(pinhole.address, pinhole.id);
    return true;
  };
  co_await call(Call::ends, job);
}

/// Opens it at the first gateway that will, or looks after it where it is.
awaitable<void> PortMapper::open(address_v6 address) {
  const auto is_for_it = [&](const Pinhole& pinhole) { return pinhole.address == address; };
  const auto before = std::find_if(pinholes_.begin(), pinholes_.end(), is_for_it);
  if (before == pinholes_.end()) co_return;
  const auto old_gateway = before->gateway;
  const auto gateways = old_gateway ? Gateways{old_gateway} : gateways_;

  struct Opened {
    std::shared_ptr<Gateway> gateway;
    std::string id;
    MappingError error = MappingError::unsupported;
  };
  const auto job = [gateways, address, port = port_, lease = times_.lease, id = before->id] {
    Opened opened;
    for (const auto& gateway : gateways) {
      const auto got = gateway->open_pinhole(address, port, lease, id);
      if (got) return Opened{gateway, *got};
      if (opened.error == MappingError::unsupported) opened.error = got.error();
    }
    return opened;
  };
  const auto answer = co_await call(Call::leaves, job);

  const auto pinhole = std::find_if(pinholes_.begin(), pinholes_.end(), is_for_it);
  if (pinhole == pinholes_.end()) {  // not wanted any more, since we asked
    if (answer && answer->gateway) unwanted_pinholes_.push_back({address, answer->gateway, answer->id});
    co_return;
  }
  const auto error = answer ? answer->error : MappingError::no_answer;
  pinhole->gateway = answer ? answer->gateway : nullptr;
  pinhole->id = answer ? answer->id : "";
  const bool open = pinhole->gateway != nullptr;
  pinhole->due = Clock::now() + (open ? times_.verify_every : times_.search_again);
  if (old_gateway && !open && error == MappingError::no_answer) search_now_ = true;
  if (error != MappingError::unsupported || open || pinhole->open) tell_pinhole(*pinhole, open);
}

void PortMapper::tell_pinhole(Pinhole& pinhole, bool open) {
  if (pinhole.open == open) return;
  pinhole.open = open;
  if (open)
    log::info("gateway: pinhole opened protocol=\"{}\" router={} internal=[{}]:{}", pinhole.gateway->protocol(),
              pinhole.gateway->description(), pinhole.address.to_string(), port_);
  else
    log::info("gateway: the router opens no pinhole to [{}]:{}", pinhole.address.to_string(), port_);
  list_pinholes();
  changed_();
}

void PortMapper::list_pinholes() {
  status_.pinholes.clear();
  for (const auto& pinhole : pinholes_)
    if (pinhole.open.value_or(false)) status_.pinholes.push_back(pinhole.address);
}

}  // namespace hardline::reach
