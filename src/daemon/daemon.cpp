#include "hardline/daemon/daemon.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "dht_ways.hpp"
#include "hardline/api/api.hpp"
#include "hardline/api/control_socket.hpp"
#include "hardline/api/listening_servers.hpp"
#include "hardline/api/owner_door.hpp"
#include "hardline/base/log.hpp"
#include "hardline/base/words.hpp"
#include "hardline/daemon/built_without.hpp"
#include "hardline/daemon/publisher.hpp"
#include "hardline/dashboard/dashboard.hpp"
#include "hardline/door/local_proxy.hpp"
#include "hardline/find/network_finder.hpp"
#include "hardline/lan/lan.hpp"
#include "hardline/lan/lan_listing.hpp"
#include "hardline/net/resolver.hpp"
#include "hardline/reach/presence.hpp"
#include "hardline/rt/offload.hpp"
#include "hardline/rt/wake_watch.hpp"
#include "hardline/store/directory_watch.hpp"
#include "hardline/store/name_book.hpp"
#include "hardline/store/peer_store.hpp"
#include "hardline/store/state_directory.hpp"
#include "hardline/store/visit_log.hpp"
#include "hardline/tunnel/dialer.hpp"
#include "hardline/tunnel/p2p_listener.hpp"
#include "kept_forwards.hpp"
#include "no_lan.hpp"
#include "own_services.hpp"
#include "own_sockets.hpp"
#include "service_manager.hpp"

namespace hardline::daemon {
namespace {

/// How long a shutdown waits for sessions that still move bytes.
constexpr auto kGrace = std::chrono::seconds(5);

/// A slow disk, or a file system on the network, holds one for each file that is waited for.
constexpr std::size_t kDiskThreads = 4;

reach::PresenceOptions presence_options(const Settings& settings) {
  reach::PresenceOptions options;
  options.public_addresses = settings.public_addresses;
  options.port_mapper = settings.port_mapper;
  if (!settings.port_mapping) options.port_mapper = {.upnp = false, .nat_pmp = false, .pinholes = false};
  return options;
}

find::FinderTimes finder_times(const Settings& settings) {
  find::FinderTimes times;
  if (!settings.lan) times.lan_window = {};
  return times;
}

tunnel::DialTimes dial_times(const Settings& settings) {
  tunnel::DialTimes times;
  times.search = settings.search_timeout;
  times.attempt = settings.attempt_timeout;
  return times;
}

/// A session takes two descriptors, and the usual soft limit is 1024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 65536);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

struct Daemon::Parts {
  explicit Parts(Settings s);

  void start();

  awaitable<void> handle_signals();
  awaitable<void> follow_service_files();
  awaitable<void> follow_network();
  awaitable<void> follow_clock();
  awaitable<void> reload();
  awaitable<void> shut_down();
  void publish();
  void network_changed();
  void tell_finder_who_we_are();
  void open_control_socket();
  tunnel::Dialer::Ended note_visits();
  api::ApiSubjects api_subjects();
  tunnel::TunnelTools tunnel_tools() { return {io.get_executor(), buffers, dialer, finder}; }
  api::DaemonStatus status();
  std::string status_line() const;

  Settings settings;
  const std::chrono::system_clock::time_point started = std::chrono::system_clock::now();
  const std::chrono::steady_clock::time_point started_steady = std::chrono::steady_clock::now();
  store::StateDirectory state;
  asio::io_context io{1};
  asio::thread_pool files{1};            // service files and identities
  asio::thread_pool disk{kDiskThreads};  // what caches read and write
  Resolver resolver;                     // for origins, whose look-ups shall not queue behind…
  Resolver internet_resolver;            // …those of the DHT, slow where the internet is down
  BufferPool buffers;
  store::PeerStore peers;
  store::NameBook names;
  store::VisitLog visits;
  TaskGroup dials;   // searches and attempts
  TaskGroup caches;  // what they fetch, and their connections
  std::optional<lan::Lan> lan;
  NoLan no_lan;
  dht::NetworkClock clock;
  DhtWays dht;
  find::NetworkFinder finder;
  Publisher publisher;
  tunnel::Dialer dialer;
  tunnel::P2pListener p2p;
  reach::Presence presence;
  lan::LanListing lan_listing;
  OwnServices own_services;
  api::Api api;
  dashboard::Dashboard dashboard;
  door::LocalProxy proxy;
  const std::shared_ptr<void> renamed;  // tells the proxy of names that lead elsewhere
  KeptForwards forwards;
  api::OwnerDoor owner_door;
  api::ControlSocket control;
  asio::signal_set signals;
  store::DirectoryWatch service_files;
  NetworkChanges network;
  WakeWatch wakes;
  bool ending = false;
  bool ended = false;
  TaskGroup tasks;
};

Daemon::Parts::Parts(Settings s)
    : settings(std::move(s)),
      state(settings.state_directory),
      peers(state.path() / "peers.db"),
      names(state.path() / "names", files),
      visits(peers),
      dials(io.get_executor()),
      caches(io.get_executor()),
      lan(settings.lan ? std::make_optional<lan::Lan>(io.get_executor()) : std::nullopt),
      dht(io.get_executor(), internet_resolver, clock, settings),
      finder(io.get_executor(), lan ? static_cast<lan::LanSearcher&>(*lan) : no_lan, peers, dht.sources(), clock, dials,
             finder_times(settings)),
      publisher({io.get_executor(), buffers, resolver, disk, caches,
                 [this](const auto& remote) { return is_own_socket(remote, settings.local_port, control.path()); }}),
      dialer(
          io.get_executor(), finder, dials, dial_times(settings),
          [this](const KeyHash& key) { proxy.check_paths_to(key); }, note_visits()),
      p2p(io.get_executor(), buffers, [this] { return presence.wan_hosts(); }),
      presence(io.get_executor(), dht.node(), dht.proxies(), clock, tasks, presence_options(settings),
               [this] { tell_finder_who_we_are(); }),
      lan_listing(io.get_executor(), lan ? static_cast<lan::LanSearcher&>(*lan) : no_lan, tasks),
      own_services({io.get_executor(), settings, publisher, p2p, files, tasks, [this] { return reload(); }}),
      api(api_subjects()),
      dashboard(api, settings.dashboard),
      proxy(tunnel_tools(), names, visits, dashboard),
      renamed(names.listen([this](const std::string& label) { proxy.close_named(label); })),
      forwards([this](std::string_view name) { return api.resolve(name); }),
      owner_door(api, tunnel_tools()),
      control(io.get_executor(), owner_door),
      signals(io, SIGINT, SIGTERM, SIGHUP),
      service_files(io.get_executor(), settings.service_directory),
      network(io.get_executor()),
      wakes(io.get_executor()),
      tasks(io.get_executor()) {
  if (const char* home = std::getenv("HOME"))
    peers.take_over(std::filesystem::path(home) / ".hardlinep2p" / "peers.db");

  try {
    p2p.open(settings.p2p_port, settings.p2p_port_was_asked_for ? 0 : kMoreP2pPorts);
  } catch (const std::system_error& e) {
    throw std::runtime_error(fmt::format("the P2P port {} cannot be used: {}; choose another with --p2pport",
                                         settings.p2p_port, e.code().message()));
  }
  open_control_socket();
  if (settings.local_port == 0) return;
  try {
    proxy.open(settings.local_port);
  } catch (const std::system_error& e) {
    log::warn("local proxy: port {} cannot be used ({}): continuing as a server only; choose another with --localport",
              settings.local_port, e.code().message());
  }
}

tunnel::Dialer::Ended Daemon::Parts::note_visits() {
  const auto now = std::chrono::system_clock::now;
  return {[this, now](const KeyHash& key, const find::Candidate& candidate) {
            visits.reached(key, find::source_word(candidate.source), now());
          },
          [this, now](const KeyHash& key, const std::string& problem) { visits.missed(key, problem, now()); }};
}

api::ApiSubjects Daemon::Parts::api_subjects() {
  return {.status = [this] { return status(); },
          .examine = [this](KeyHash key) { return dialer.examine(key); },
          .find_web_servers =
              [this] {
                return api::find_web_servers(io.get_executor(), resolver, {p2p.port(), settings.local_port});
              },
          .names = names,
          .visits = visits,
          .lan = lan_listing,
          .publishing = own_services,
          .local_port = settings.local_port ? settings.local_port : kDefaultLocalPort};
}

/// The daemon does its work without the verbs that ask it, but a place that was asked for is that place or an error.
void Daemon::Parts::open_control_socket() {
  try {
    control.open(control_socket_of(settings));
  } catch (const std::runtime_error& e) {
    if (!settings.control_socket.empty()) throw;
    log::warn("{}; until then `hardlined status` and other verbs cannot ask this daemon", e.what());
  }
}

void Daemon::Parts::start() {
  presence.start(p2p.port());
  publisher.update(find_services(settings, Missing::create));
  publish();
  if (p2p.port() != settings.p2p_port && settings.p2p_port != 0)
    log::info("p2p: port {} is taken, using {}", settings.p2p_port, p2p.port());
  if (lan) tasks.spawn("lan", lan->run());
  p2p.start(tasks);
  proxy.start(tasks);
  forwards.start(settings.forwards, tunnel_tools(), tasks);
  control.start(tasks);
  tasks.spawn("service files", follow_service_files());
  tasks.spawn("network changes", follow_network());
  tasks.spawn("clock", follow_clock());
  tasks.spawn("signals", handle_signals());
  log::info("hardlined {} is ready: p2p port {}, {}, services {}", HARDLINE_VERSION, p2p.port(),
            proxy.is_open() ? fmt::format("open http://localhost:{}/", settings.local_port) : "no local proxy",
            publisher.published().size());
  tell_ready(status_line());
}

void Daemon::Parts::publish() {
  const auto services = publisher.published();
  std::unordered_set<KeyHash> keys;
  for (const auto& service : services) keys.insert(service->name.key);
  finder.published_here(std::move(keys), p2p.port());
  p2p.publish(services);
  if (lan) lan->publish(publisher.announced(), p2p.port());
  presence.publish(!services.empty(), publisher.for_dht());
}

void Daemon::Parts::tell_finder_who_we_are() {
  std::set<tcp::endpoint> own;
  for (const auto& local : presence.local_addresses()) own.emplace(local.address, p2p.port());
  for (const auto& host : presence.reachability().wan_hosts) {
    AsioError a_name;
    const auto address = asio::ip::make_address(host.host, a_name);
    if (!a_name) own.emplace(address, host.port);
  }
  finder.set_own_endpoints(std::move(own));
}

awaitable<void> Daemon::Parts::follow_network() {
  for (;;) {
    const bool changed = co_await network.wait();
    if (!changed) co_return;
    log::info("network: changed, checking every path");
    network_changed();
  }
}

awaitable<void> Daemon::Parts::follow_clock() {
  for (;;) {
    const auto jump = co_await wakes.wait();
    if (!jump) co_return;
    if (jump->slept.count() > 0)
      log::info("network: this computer slept for {} s, checking every path", jump->slept.count());
    else
      log::info("clock: was set by {} s", jump->wall_clock.count());
    if (std::chrono::abs(jump->wall_clock) >= kClockJumpThatMatters) clock.was_set();
    network_changed();  // of a clock that was set, the day may be another one
  }
}

void Daemon::Parts::network_changed() {
  dialer.network_changed();
  p2p.sessions().check_paths();
  proxy.sessions().check_paths();
  forwards.check_paths();
  owner_door.check_paths();
  presence.network_changed();
}

std::string Daemon::Parts::status_line() const {
  return fmt::format("{} published, p2p port {}", count_of(publisher.published().size(), "service"), p2p.port());
}

api::DaemonStatus Daemon::Parts::status() {
  api::DaemonStatus status;
  status.version = HARDLINE_VERSION;
  status.built_without = built_without();
  status.now = std::chrono::system_clock::now();
  status.started = started;
  status.uptime = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started_steady);
  status.service_directory = settings.service_directory;
  status.state_directory = state.path();
  status.configuration_file = settings.configuration_file;
  status.p2p_port = p2p.port();
  status.local_port = proxy.is_open() ? settings.local_port : std::uint16_t{0};
  status.lan = settings.lan;
  status.port_mapping = settings.port_mapping;
  status.dht = settings.dht;
  status.dht_bootstrap = settings.dht_node.bootstrap;
  status.dht_network = settings.dht_node.network;
  status.dht_node_built_in = dht::has_dht_node();

  if (auto addresses = list_addresses()) status.addresses = std::move(*addresses);
  status.gateway = presence.port_mapper();
  status.reachability = presence.reachability();
  if (const auto* node = dht.node()) status.dht_node = node->status();
  for (const auto* through : dht.proxies()) status.dht_proxies.push_back({through->name(), through->status()});

  const auto& announced = presence.announcer().announcements();
  for (const auto& [file, known] : publisher.services()) {
    const auto& key = known.name.key;
    const auto found = announced.find(key);
    const auto traffic = p2p.traffic(key);
    status.services.push_back(
        {.title = known.file.title,
         .key = key,
         .uses_dht = known.file.use_dht,
         .announcement = found == announced.end() ? std::nullopt : std::make_optional(found->second),
         .paused = known.service == nullptr,
         .connections = traffic.connections,
         .octets = traffic.octets});
  }
  status.peers = p2p.peers();
  status.browsers = proxy.sessions().size();
  status.problems = log::recent_problems();
  return status;
}

awaitable<void> Daemon::Parts::handle_signals() {
  while (!ended) {  // a signal that came with the end is not followed by another wait
    AsioError stopped;
    const int signal = co_await signals.async_wait(redirect_error(use_awaitable, stopped));
    if (stopped) co_return;
    if (signal == SIGHUP) {
      log::info("services: reading the files again, on SIGHUP");
      tell_reloading();
      co_await reload();
      if (!ending) tell_ready(status_line());
    } else if (!ending) {
      ending = true;
      log::info("stopping: letting open sessions finish");
      tell_stopping("letting open sessions finish");
      tasks.spawn("shutdown", shut_down());
    } else {
      log::info("stopping at once, on a second signal");
      p2p.sessions().close_all();
      proxy.sessions().close_all();
      forwards.close_all();
      owner_door.close_all();
    }
  }
}

awaitable<void> Daemon::Parts::follow_service_files() {
  if (settings.service_directory.empty()) co_return;
  for (;;) {
    const bool changed = co_await service_files.changed();
    if (!changed) co_return;
    co_await reload();
  }
}

awaitable<void> Daemon::Parts::reload() {
  try {
    const auto job = [this, published = publisher.files()] {
      return find_services(settings, Missing::create, published);
    };
    auto found = co_await offload(files, job);
    if (ending) co_return;
    publisher.update(std::move(found));
    publish();
  } catch (const std::exception& e) {
    log::error("services: {}; what is published stays as it is", e.what());
  }
}

awaitable<void> Daemon::Parts::shut_down() {
  p2p.stop();
  proxy.stop();
  forwards.stop();
  owner_door.stop();
  lan_listing.close();
  if (lan) lan->close();
  service_files.close();
  network.close();
  wakes.close();
  dialer.cancel_all();  // what has not begun is not begun any more
  auto executor = co_await asio::this_coro::executor;
  TaskGroup finishing(executor);
  finishing.spawn("shutdown", p2p.sessions().finish(kGrace));
  finishing.spawn("shutdown", proxy.sessions().finish(kGrace));
  finishing.spawn("shutdown", forwards.finish(kGrace));
  finishing.spawn("shutdown", owner_door.finish(kGrace));
  co_await finishing.join();
  publisher.close();  // only now, as open sessions were still served
  co_await caches.join();
  dialer.cancel_all();
  co_await dials.join();
  control.stop();
  presence.close();
  for (auto* through : dht.proxies()) through->close();
  if (auto* node = dht.node()) co_await node->stop();
  ended = true;
  signals.cancel();
}

Daemon::Daemon(Settings settings) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets with write(2)
  raise_descriptor_limit();
  parts_ = std::make_unique<Parts>(std::move(settings));
}

Daemon::~Daemon() = default;

int Daemon::run() {
  parts_->start();
  parts_->io.run();
  parts_->files.join();
  parts_->disk.join();
  parts_->visits.flush();
  parts_->peers.close();
  log::info("stopped");
  return 0;
}

}  // namespace hardline::daemon
