#include "hardline/tunnel/p2p_listener.hpp"

#include "hardline/base/log.hpp"
#include "hardline/net/household.hpp"
#include "hardline/rt/event.hpp"
#include "hardline/rt/watchdog.hpp"
#include "hardline/tunnel/dialect.hpp"
#include "oob_exchange.hpp"

namespace hardline::tunnel {
namespace {

using Clock = std::chrono::steady_clock;

/// A wrong password is told late, so that even the first few guesses are not free.
constexpr auto kWrongPasswordDelay = std::chrono::milliseconds(500);

log::Limiter origin_complaints(std::chrono::seconds(10));
log::Limiter password_complaints(std::chrono::seconds(10));

wire::OobLine refusal(std::string_view code, std::string text) {
  wire::OobLine line;
  line.error = wire::OobError{std::string(code), std::move(text)};
  return line;
}

}  // namespace

/// A place among a household's openings, held until its tunnel stands or fails.
class P2pListener::OpeningPlace {
 public:
  OpeningPlace(Openings& openings, const asio::ip::address& from) : openings_(openings), household_(household(from)) {
    ++openings_[household_];
  }
  OpeningPlace(const OpeningPlace&) = delete;
  OpeningPlace& operator=(const OpeningPlace&) = delete;
  ~OpeningPlace() {
    if (const auto place = openings_.find(household_); --place->second == 0) openings_.erase(place);
  }

 private:
  Openings& openings_;
  asio::ip::address household_;
};

/// One peer's connection, from TLS to the last octet.
class P2pListener::ServerSession final : public Session {
 public:
  ServerSession(P2pListener& listener, tcp::socket socket, asio::ip::address from)
      : Session(listener.registry_),
        listener_(listener),
        from_(std::move(from)),
        place_(std::in_place, listener.openings_, from_),
        peer_(std::move(socket), listener.context_.get()),
        watchdog_(listener.executor_, [this] { peer_.abort(); }),
        closing_(listener.executor_) {}

  ~ServerSession() override {
    if (!origin_) return;
    auto& ended = listener_.ended_[service_->name.key];
    ++ended.connections;
    ended.octets += progress();
  }

  awaitable<void> run() {
    watchdog_.arm(kHandshakeTimeout);
    const auto failed = co_await peer_.handshake();
    if (failed) {
      log::debug("p2p: no handshake from={} reason=\"{}\"", from_.to_string(), describe(failed));
      peer_.close();
      co_return;
    }
    const auto found = listener_.services_.find(*requested_service(peer_.ssl()));
    if (found == listener_.services_.end()) co_return;  // removed during the handshake
    service_ = found->second;
    dialect_ = settle_dialect(peer_.ssl());
    if (dialect_ == Dialect::legacy) peer_.accept_unannounced_end();

    watchdog_.arm(kOobTimeout);
    auto hello = co_await receive_oob(peer_);
    watchdog_.disarm();
    if (!hello) {
      log::debug("p2p: no OOB line from={} reason=\"{}\"", from_.to_string(), describe(hello.error()));
      peer_.close();
      co_return;
    }
    const auto refused = co_await check_password(hello->line);
    if (refused) {
      co_await refuse(*refused);
      co_return;
    }
    if (closed_) co_return;
    rest_ = std::move(hello->rest);
    co_await carry_to_origin();
  }

  std::uint64_t progress() const override { return first_octets_ + outcome_.octets(); }

  void close_session() override {
    closed_ = true;
    closing_.notify();
    peer_.abort();
    if (origin_) origin_->abort();
  }

  void check_path() override {
    peer_.check_path();
    if (origin_) origin_->check_path();  // it may be on another machine
  }

  const std::shared_ptr<PublishedService>& service() const { return service_; }
  bool is_connected() const { return origin_ != nullptr; }
  const asio::ip::address& from() const { return from_; }

 private:
  std::string describe(std::error_code error) const {
    if (watchdog_.bitten()) return "timed out";
    return peer_.failure().empty() ? error.message() : peer_.failure();
  }

  awaitable<void> pause(Clock::duration duration) {
    const auto end = Clock::now() + duration;
    while (!closed_ && Clock::now() < end) co_await closing_.wait_until(end);
  }

  /// The refusal to send, or nullopt if the password is right. Nothing was dialled yet.
  awaitable<std::optional<wire::OobLine>> check_password(const wire::OobLine& hello) {
    const auto& expected = service_->name.password;
    if (!expected) co_return std::nullopt;
    const auto turn = listener_.guard_.take_turn(from_, service_->name.key, Clock::now());
    if (!turn) co_return refusal(wire::kOobBusy, "too many wrong passwords from your address; try again in a minute");
    if (*turn > Clock::duration::zero()) co_await pause(*turn);
    const auto given = hello.password ? Password::parse(*hello.password) : std::nullopt;
    if (given && expected->matches(*given)) {
      listener_.guard_.succeeded(from_, service_->name.key);
      co_return std::nullopt;
    }
    listener_.guard_.failed(from_, service_->name.key, Clock::now());
    if (const auto held_back = password_complaints.admit())
      log::warn("p2p: wrong password from={} service={} more={}", from_.to_string(), service_->name.key.brief(),
                *held_back);
    co_await pause(kWrongPasswordDelay);
    co_return refusal(wire::kOobPassword, "the password in the name is not this service's");
  }

  awaitable<void> refuse(const wire::OobLine& line) {
    watchdog_.arm(kOobTimeout);
    const auto failed = co_await send_oob(peer_, line);
    if (!failed) co_await linger_and_close(peer_);
  }

  awaitable<void> carry_to_origin() {
    auto connected = co_await service_->origin->connect();
    if (!connected) {
      if (const auto held_back = origin_complaints.admit())
        log::warn("p2p: the origin cannot be reached service={} reason=\"{}\" more={}", service_->name.key.brief(),
                  connected.error().message(), *held_back);
      const auto line = refusal(wire::kOobOriginUnreachable, connected.error().message());
      co_await refuse(line);
      co_return;
    }
    origin_ = std::move(*connected);
    wire::OobLine greeting;
    if (auto hosts = listener_.wan_hosts_(); !hosts.empty()) greeting.wan_hosts = std::move(hosts);
    watchdog_.arm(kOobTimeout);
    const auto not_greeted = co_await send_oob(peer_, greeting);
    watchdog_.disarm();
    if (not_greeted) co_return;
    const auto first = as_octets(rest_);
    const auto not_forwarded = co_await write_all(*origin_, first);
    if (not_forwarded)
      log::debug("p2p: the origin took nothing: {}", not_forwarded.message());
    else
      first_octets_ = first.size();
    place_.reset();
    RelayOptions options;
    options.near_cannot_half_close = dialect_ == Dialect::legacy;
    co_await relay(peer_, *origin_, listener_.buffers_, options, outcome_);
  }

  P2pListener& listener_;
  asio::ip::address from_;
  std::optional<OpeningPlace> place_;
  TlsStream peer_;
  Watchdog watchdog_;
  Event closing_;
  bool closed_ = false;
  Dialect dialect_ = Dialect::legacy;
  std::string rest_;  ///< what came behind the OOB line
  std::uint64_t first_octets_ = 0;
  std::shared_ptr<PublishedService> service_;
  std::unique_ptr<ByteStream> origin_;
  RelayOutcome outcome_;
};

P2pListener::P2pListener(Executor executor, BufferPool& buffers, WanHosts wan_hosts)
    : executor_(executor),
      buffers_(buffers),
      wan_hosts_(std::move(wan_hosts)),
      context_by_sni_([this](const KeyHash& key) -> SSL_CTX* {
        const auto found = services_.find(key);
        return found == services_.end() ? nullptr : found->second->context.get();
      }),
      context_(make_listener_context(context_by_sni_)),
      acceptors_(executor, "p2p") {}

void P2pListener::open(std::uint16_t port, int more) {
  for (int tried = 0;; ++tried) {
    const int wanted = port + tried;
    try {
      acceptors_.open(asio::ip::address_v4::any(), asio::ip::address_v6::any(), static_cast<std::uint16_t>(wanted));
      return;
    } catch (const std::system_error& e) {
      const bool next = port != 0 && e.code() == std::errc::address_in_use && tried < more && wanted < 65535;
      if (!next) throw;
    }
  }
}

void P2pListener::start(TaskGroup& sessions) {
  acceptors_.start(sessions, [this, &sessions](tcp::socket socket) {
    AsioError gone;
    const auto peer = socket.remote_endpoint(gone);
    if (gone || !has_room_for(peer.address())) return;
    sessions.spawn("p2p session", serve(std::move(socket), peer.address()));
  });
}

bool P2pListener::has_room_for(const asio::ip::address& from) const {
  const auto opening = openings_.find(household(from));
  return registry_.size() < kMaxSessions && (opening == openings_.end() || opening->second < kMaxOpenings);
}

awaitable<void> P2pListener::serve(tcp::socket socket, asio::ip::address from) {
  ServerSession session(*this, std::move(socket), std::move(from));
  co_await session.run();
}

void P2pListener::publish(std::vector<std::shared_ptr<PublishedService>> services) {
  services_.clear();
  for (auto& service : services) services_.emplace(service->name.key, std::move(service));
  registry_.close_if([this](const Session& session) {
    const auto& service = static_cast<const ServerSession&>(session).service();
    if (!service) return false;
    const auto still = services_.find(service->name.key);
    return still == services_.end() || still->second != service;
  });
}

P2pListener::Traffic P2pListener::traffic(const KeyHash& service) const {
  const auto ended = ended_.find(service);
  auto traffic = ended == ended_.end() ? Traffic{} : ended->second;
  registry_.for_each([&](const Session& session) {
    const auto& peer = static_cast<const ServerSession&>(session);
    if (!peer.is_connected() || peer.service()->name.key != service) return;
    ++traffic.connections;
    ++traffic.open;
    traffic.octets += peer.progress();
  });
  return traffic;
}

std::vector<P2pListener::Peer> P2pListener::peers() const {
  std::vector<Peer> peers;
  registry_.for_each([&peers](const Session& session) {
    const auto& peer = static_cast<const ServerSession&>(session);
    if (const auto& service = peer.service()) peers.push_back({peer.from(), service->name.key, peer.progress()});
  });
  return peers;
}

}  // namespace hardline::tunnel
