#include "daemon.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>

#include "hardline/base/log.hpp"
#include "hardline/discovery/lan.hpp"
#include "hardline/discovery/network_finder.hpp"
#include "hardline/rt/offload.hpp"
#include "hardline/rt/resolver.hpp"
#include "hardline/store/directory_watch.hpp"
#include "hardline/store/peer_store.hpp"
#include "hardline/store/state_directory.hpp"
#include "hardline/tunnel/dialer.hpp"
#include "hardline/tunnel/p2p_listener.hpp"
#include "hardline/web/local_proxy.hpp"
#include "hardline/wire/hosts_list.hpp"
#include "publisher.hpp"

namespace hardline::app {
namespace {

/// How long a shutdown waits for sessions that still move bytes.
constexpr auto kGrace = std::chrono::seconds(5);

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
  awaitable<void> reload();
  awaitable<void> shut_down();
  void publish();

  Settings settings;
  store::StateDirectory state;
  asio::io_context io{1};
  asio::thread_pool files{1};  // service files and identities
  Resolver resolver;
  BufferPool buffers;
  store::PeerStore peers;
  TaskGroup dials;  // searches and attempts
  discovery::Lan lan;
  discovery::NetworkFinder finder;
  Publisher publisher;
  tunnel::Dialer dialer;
  tunnel::P2pListener p2p;
  web::LocalProxy proxy;
  asio::signal_set signals;
  store::DirectoryWatch service_files;
  bool ending = false;
  bool ended = false;
  TaskGroup tasks;
};

Daemon::Parts::Parts(Settings s)
    : settings(std::move(s)),
      state(settings.state_directory),
      peers(state.path() / "peers.db"),
      dials(io.get_executor()),
      lan(io.get_executor()),
      finder(io.get_executor(), lan, peers, dials),
      publisher(resolver),
      dialer(io.get_executor(), finder, dials),
      p2p(io.get_executor(), buffers, [hosts = wire::format_hosts_list(settings.public_addresses)] { return hosts; }),
      proxy(io.get_executor(), buffers, dialer, finder),
      signals(io, SIGINT, SIGTERM, SIGHUP),
      service_files(io.get_executor(), settings.service_directory),
      tasks(io.get_executor()) {
  if (const char* home = std::getenv("HOME"))
    peers.take_over(std::filesystem::path(home) / ".hardlinep2p" / "peers.db");

  try {
    p2p.open(settings.p2p_port, settings.p2p_port_was_asked_for ? 0 : kMoreP2pPorts);
  } catch (const std::system_error& e) {
    throw std::runtime_error(fmt::format("the P2P port {} cannot be used: {}; choose another with --p2pport",
                                         settings.p2p_port, e.code().message()));
  }
  if (settings.local_port == 0) return;
  try {
    proxy.open(settings.local_port);
  } catch (const std::system_error& e) {
    log::warn("local proxy: port {} cannot be used ({}): going on as a server only; choose another with --localport",
              settings.local_port, e.code().message());
  }
}

void Daemon::Parts::start() {
  publisher.update(find_services(settings, Missing::create));
  publish();
  if (p2p.port() != settings.p2p_port && settings.p2p_port != 0)
    log::info("p2p: port {} is taken, using {}", settings.p2p_port, p2p.port());
  tasks.spawn("lan", lan.run());
  p2p.start(tasks);
  proxy.start(tasks);
  tasks.spawn("service files", follow_service_files());
  tasks.spawn("signals", handle_signals());
  log::info("hardlined {} is ready: p2p port {}, {}, services {}", HARDLINE_VERSION, p2p.port(),
            proxy.is_open() ? fmt::format("browse http://NAME.localhost:{}", settings.local_port) : "no local proxy",
            publisher.published().size());
}

void Daemon::Parts::publish() {
  const auto services = publisher.published();
  std::unordered_set<KeyHash> keys;
  for (const auto& service : services) keys.insert(service->name.key);
  finder.published_here(std::move(keys), p2p.port());
  p2p.publish(services);
  lan.publish(publisher.announced(), p2p.port());
}

awaitable<void> Daemon::Parts::handle_signals() {
  while (!ended) {  // a signal that came with the end is not followed by another wait
    AsioError stopped;
    const int signal = co_await signals.async_wait(redirect_error(use_awaitable, stopped));
    if (stopped) co_return;
    if (signal == SIGHUP) {
      log::info("services: reading the files again, as SIGHUP asks");
      co_await reload();
    } else if (!ending) {
      ending = true;
      log::info("ending: letting open sessions finish");
      tasks.spawn("shutdown", shut_down());
    } else {
      log::info("ending: at once, as a second signal asks");
      p2p.sessions().close_all();
      proxy.sessions().close_all();
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
  lan.close();
  service_files.close();
  dialer.cancel_all();  // what has not begun is not begun any more
  auto executor = co_await asio::this_coro::executor;
  TaskGroup finishing(executor);
  finishing.spawn("shutdown", p2p.sessions().finish(kGrace));
  finishing.spawn("shutdown", proxy.sessions().finish(kGrace));
  co_await finishing.join();
  dialer.cancel_all();
  co_await dials.join();
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
  parts_->peers.close();
  log::info("ended");
  return 0;
}

}  // namespace hardline::app
