#include "hardline/lan/lan.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "hardline/base/log.hpp"
#include "hardline/net/interfaces.hpp"
#include "hardline/rt/event.hpp"
#include "hardline/rt/task_group.hpp"
#include "lan_socket.hpp"

namespace hardline::lan {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using std::chrono::system_clock;

/// When a search is sent, counted from its begin. Datagrams get lost, on a sleeping wireless link several in a row;
/// a LAN that has not answered after a second will not.
constexpr std::array<steady_clock::duration, 4> kSearchAt{0ms, 100ms, 300ms, 700ms};
/// Keys searched for at the same time. Any page in a browser can make us search, by naming us in a link.
constexpr std::size_t kMaxSearches = 64;
/// Datagrams read before others on the io thread get their turn.
constexpr int kDatagramsPerTurn = 64;
/// Rest after an error nobody foresaw, so that an error that stays cannot keep the io thread busy.
constexpr auto kErrorPause = 100ms;
/// At most one log line a minute about sending failing: a link without a carrier fails at every search.
constexpr auto kSendLogPause = 1min;
/// When the interfaces are listed again after that failed: the kernel does not tell its news twice.
constexpr auto kListAgainAfter = 1s;

}  // namespace

struct Lan::Impl {
  explicit Impl(Executor executor);

  awaitable<void> receive(LanSocket& socket);
  awaitable<void> do_what_is_due();
  awaitable<void> follow_network();

  void take(const LanSocket::Received& received, LanSocket& socket);
  void update_interfaces();
  steady_clock::time_point repeat_searches();
  void send(LanSocket& socket, const LanDatagram& datagram);
  void send_everywhere(const std::vector<std::string>& texts);
  void announce(const HeardService& service);
  void close();

  struct Running {
    steady_clock::time_point began;
    std::size_t next;  ///< index into kSearchAt
    steady_clock::time_point due() const { return began + kSearchAt[next]; }
  };

  LanTable table;
  LanSocket shared;  ///< where everybody is heard
  LanSocket own;     ///< from where we search, and where we are answered
  NetworkChanges changes;
  std::vector<Interface> interfaces;
  std::optional<steady_clock::time_point> list_again;  ///< set while listing the interfaces fails
  std::map<KeyHash, Running> searches;
  std::vector<std::weak_ptr<Listener>> listeners;
  log::Limiter send_log{kSendLogPause};
  bool closed = false;
  Event changed;  ///< searches, list_again or closed
  TaskGroup tasks;
};

Lan::Impl::Impl(Executor executor)
    : table(make_cookie(), Clock::now()),
      shared(executor),
      own(executor),
      changes(executor),
      changed(executor),
      tasks(executor) {
  if (const auto error = shared.open_shared())
    log::warn("lan: cannot listen on UDP port {}: {}; neighbours will not find the services of this computer",
              wire::kLpdPort, error.message());
  if (const auto error = own.open_own())
    log::warn("lan: cannot open a socket to search from: {}; neighbours' services will not be found", error.message());
  update_interfaces();
}

void Lan::Impl::update_interfaces() {
  auto listed = list_interfaces();
  if (!listed) {
    if (!list_again)
      log::warn("lan: cannot list the network interfaces: {}; going on with: {}", listed.error().message(),
                describe(interfaces));
    list_again = Clock::now() + kListAgainAfter;
    changed.notify();
    return;
  }
  list_again.reset();
  auto& now = *listed;
  const bool news = now != interfaces;
  for (const auto& old : interfaces) {
    const auto same = [&](const Interface& interface) { return interface.index == old.index; };
    if (shared.is_open() && std::none_of(now.begin(), now.end(), same)) shared.leave(old.index);
  }
  for (const auto& interface : now) {
    if (!shared.is_open()) break;
    if (const auto error = shared.join(interface.index); error && news)
      log::warn("lan: cannot join the multicast group on {}: {}", interface.name, error.message());
  }
  if (news) log::info("lan: interfaces: {}", describe(now));
  interfaces = std::move(now);
}

awaitable<void> Lan::Impl::follow_network() {
  for (;;) {
    const bool news = co_await changes.wait();
    if (!news) co_return;
    update_interfaces();
  }
}

awaitable<void> Lan::Impl::receive(LanSocket& socket) {
  std::array<char, wire::kMaxLpdDatagram> buffer;
  for (;;) {
    const bool readable = co_await socket.readable();
    if (!readable) co_return;
    std::error_code error;
    for (int i = 0; i < kDatagramsPerTurn && !error; ++i) {
      const auto received = socket.receive(buffer);
      if (received)
        take(*received, socket);
      else if (received.error() != std::errc::message_size)
        error = received.error();
    }
    if (!error || error == std::errc::operation_would_block) continue;
    log::debug("lan: receiving: {}", error.message());
    const auto rested = Clock::now() + kErrorPause;
    while (!closed && Clock::now() < rested) co_await changed.wait_until(rested);
  }
}

void Lan::Impl::take(const LanSocket::Received& received, LanSocket& socket) {
  const auto on = std::find_if(interfaces.begin(), interfaces.end(),
                               [&](const Interface& interface) { return interface.index == received.interface; });
  if (on == interfaces.end()) return;
  const auto outcome = table.handle(received.text, received.from, *on, Clock::now(), system_clock::now());
  for (const auto& datagram : outcome.send) send(socket, datagram);
  if (outcome.heard) announce(*outcome.heard);
}

void Lan::Impl::announce(const HeardService& service) {
  log::debug("lan: heard {} at {}:{}", service.name.key.brief(), service.endpoint.address().to_string(),
             service.endpoint.port());
  std::erase_if(listeners, [](const auto& listener) { return listener.expired(); });
  const auto present = listeners;  // a listener may end itself or others, or start new ones
  for (const auto& weak : present)
    if (const auto listener = weak.lock()) (*listener)(service);
}

/// An interface that vanished, a link without a carrier, a full queue: the next datagram may get through.
void Lan::Impl::send(LanSocket& socket, const LanDatagram& datagram) {
  const auto error = socket.send(datagram);
  if (!error) return;
  if (const auto held_back = send_log.admit())
    log::debug("lan: sending to {}: {} ({} more)", datagram.to.address().to_string(), error.message(), *held_back);
}

void Lan::Impl::send_everywhere(const std::vector<std::string>& texts) {
  auto& socket = own.is_open() ? own : shared;
  if (!socket.is_open()) return;
  for (const auto& interface : interfaces)
    for (const auto& address : subnet_addresses(interface))
      for (const auto& text : texts) send(socket, {text, lan_group(), interface.index, address});
}

/// Sends those that are due, and says when the next one is.
steady_clock::time_point Lan::Impl::repeat_searches() {
  auto next_due = steady_clock::time_point::max();
  const auto now = Clock::now();
  for (auto search = searches.begin(); search != searches.end();) {
    auto& [key, running] = *search;
    if (running.due() <= now) {
      send_everywhere(table.search_for(key, system_clock::now()));
      ++running.next;
    }
    if (running.next == kSearchAt.size()) {
      search = searches.erase(search);
    } else {
      next_due = std::min(next_due, running.due());
      ++search;
    }
  }
  return next_due;
}

awaitable<void> Lan::Impl::do_what_is_due() {
  while (!closed) {
    if (list_again && *list_again <= Clock::now()) update_interfaces();
    auto next_due = repeat_searches();
    if (list_again) next_due = std::min(next_due, *list_again);
    co_await changed.wait_until(next_due);
  }
}

void Lan::Impl::close() {
  closed = true;
  shared.close();
  own.close();
  changes.close();
  changed.notify();
}

Lan::Lan(Executor executor) : impl_(std::make_unique<Impl>(executor)) {}
Lan::~Lan() = default;

awaitable<void> Lan::run() {
  auto& tasks = impl_->tasks;
  if (impl_->shared.is_open()) tasks.spawn("lan: shared socket", impl_->receive(impl_->shared));
  if (impl_->own.is_open()) tasks.spawn("lan: own socket", impl_->receive(impl_->own));
  tasks.spawn("lan: searches", impl_->do_what_is_due());
  tasks.spawn("lan: network changes", impl_->follow_network());
  co_await tasks.join();
}

void Lan::close() {
  impl_->close();
}

void Lan::publish(std::vector<LanService> services, std::uint16_t port) {
  impl_->table.publish(std::move(services), port);
}

void Lan::search(const KeyHash& key) {
  auto& searches = impl_->searches;
  if (impl_->closed || searches.contains(key) || searches.size() >= kMaxSearches) return;
  impl_->send_everywhere(impl_->table.search_for(key, system_clock::now()));
  searches.emplace(key, Impl::Running{Clock::now(), 1});
  impl_->changed.notify();
}

void Lan::search_all() {
  if (!impl_->closed) impl_->send_everywhere({impl_->table.search_all()});
}

std::vector<HeardService> Lan::heard(const KeyHash& key) const {
  return impl_->table.heard(key, Clock::now());
}

std::vector<HeardService> Lan::heard() const {
  return impl_->table.heard(Clock::now());
}

void Lan::forget(const KeyHash& key, const tcp::endpoint& endpoint) {
  impl_->table.forget(key, endpoint);
}

std::shared_ptr<void> Lan::listen(Listener listener) {
  auto token = std::make_shared<Listener>(std::move(listener));
  impl_->listeners.push_back(token);
  return token;
}

}  // namespace hardline::lan
