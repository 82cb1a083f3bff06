#include "hardline/tunnel/port_forward.hpp"

#include "hardline/base/log.hpp"
#include "hardline/rt/accept.hpp"
#include "hardline/rt/socket_stream.hpp"

namespace hardline::tunnel {
namespace {

/// A port that is free on IPv4 may be somebody's on IPv6: then another is taken, this often.
constexpr int kMoreFreePorts = 20;

/// The acceptors of one port, of IPv4 and IPv6. A machine may lack the latter.
std::vector<tcp::acceptor> listen_on_both(Executor executor, const asio::ip::address& v4, const asio::ip::address& v6,
                                          std::uint16_t port) {
  std::vector<tcp::acceptor> acceptors;
  acceptors.push_back(listen_on(executor, {v4, port}));
  const auto chosen = acceptors.front().local_endpoint().port();
  try {
    acceptors.push_back(listen_on(executor, {v6, chosen}));
  } catch (const boost::system::system_error& e) {
    // Programs may try IPv6 first: whoever has the port there would be asked in our place.
    if (e.code() == asio::error::address_in_use) throw;
    log::info("forward: listening on IPv4 only port={}: {}", chosen, e.code().message());
  }
  return acceptors;
}

std::vector<tcp::acceptor> listen_at(Executor executor, const std::string& address, std::uint16_t port) {
  using asio::ip::address_v4;
  using asio::ip::address_v6;
  if (address == "localhost") return listen_on_both(executor, address_v4::loopback(), address_v6::loopback(), port);
  if (address == "*") return listen_on_both(executor, address_v4::any(), address_v6::any(), port);
  std::vector<tcp::acceptor> acceptors;
  acceptors.push_back(listen_on(executor, {asio::ip::make_address(address), port}));
  return acceptors;
}

}  // namespace

/// One connection of a local program, from its first octet to the last.
class PortForward::ForwardSession final : public Session {
 public:
  ForwardSession(PortForward& forward, tcp::socket socket)
      : Session(forward.registry_), forward_(forward), program_(StreamSocket(std::move(socket))) {}

  awaitable<void> run() {
    const auto name = forward_.resolve_();
    if (!name) {
      fail("the name leads to no service");
      co_return;
    }
    const auto& tools = forward_.tools_;
    auto opened = co_await open_tunnel(tools.dialer, tools.finder, *name, kNothingYet);
    if (closed_) co_return;
    if (!opened) {
      fail(describe(opened.error()));
      co_return;
    }
    far_ = opened->stream.get();
    co_await relay_tunnel(program_, *opened, tools.buffers, outcome_);
    far_ = nullptr;
  }

  std::uint64_t progress() const override { return outcome_.octets(); }

  void close_session() override {
    closed_ = true;
    program_.abort();
    if (far_) far_->abort();
  }

  void check_path() override {
    if (far_) far_->check_path();
  }

 private:
  /// The service may be the one that speaks first: nothing is waited for from the program.
  static constexpr std::string_view kNothingYet = {};

  /// A reset: an end would look like the service's own.
  void fail(const std::string& problem) {
    program_.abort();
    forward_.failed_(problem);
  }

  PortForward& forward_;
  SocketStream program_;
  ByteStream* far_ = nullptr;
  bool closed_ = false;
  RelayOutcome outcome_;
};

PortForward::PortForward(TunnelTools tools, Resolve resolve, Failed failed)
    : tools_(std::move(tools)), resolve_(std::move(resolve)), failed_(std::move(failed)) {}

void PortForward::open(const std::string& address, std::uint16_t port) {
  for (int tried = 0;; ++tried) {
    try {
      acceptors_ = listen_at(tools_.executor, address, port);
      port_ = acceptors_.front().local_endpoint().port();
      return;
    } catch (const boost::system::system_error& e) {
      const bool again = port == 0 && e.code() == asio::error::address_in_use && tried < kMoreFreePorts;
      if (!again) throw std::system_error(e.code());
    }
  }
}

void PortForward::start(TaskGroup& sessions) {
  for (auto& acceptor : acceptors_) sessions.spawn("forward", accept_on(acceptor, sessions));
}

void PortForward::stop() {
  for (auto& acceptor : acceptors_) {
    AsioError ignored;
    acceptor.close(ignored);
  }
}

awaitable<void> PortForward::accept_on(tcp::acceptor& acceptor, TaskGroup& sessions) {
  std::function<void(tcp::socket)> accepted = [this, &sessions](tcp::socket socket) {
    if (registry_.size() >= kMaxSessions) return failed_("too many connections at once");
    sessions.spawn("forwarded connection", serve(std::move(socket)));
  };
  co_await accept_loop(acceptor, "forward", accepted);
}

awaitable<void> PortForward::serve(tcp::socket socket) {
  ForwardSession session(*this, std::move(socket));
  co_await session.run();
}

}  // namespace hardline::tunnel
