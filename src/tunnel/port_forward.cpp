#include "hardline/tunnel/port_forward.hpp"

#include "hardline/net/socket_stream.hpp"

namespace hardline::tunnel {

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
    auto opened = co_await open_tunnel(tools, *name, kNothingYet);
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
    : tools_(std::move(tools)),
      resolve_(std::move(resolve)),
      failed_(std::move(failed)),
      acceptors_(tools_.executor, "forward") {}

void PortForward::open(const std::string& address, std::uint16_t port) {
  using asio::ip::address_v4;
  using asio::ip::address_v6;
  if (address == "localhost") return acceptors_.open(address_v4::loopback(), address_v6::loopback(), port);
  if (address == "*") return acceptors_.open(address_v4::any(), address_v6::any(), port);
  AsioError no_address;
  const auto literal = asio::ip::make_address(address, no_address);
  if (no_address) throw std::system_error(no_address);
  acceptors_.open({literal, port});
}

void PortForward::start(TaskGroup& sessions) {
  acceptors_.start(sessions, [this, &sessions](tcp::socket socket) {
    if (registry_.size() >= kMaxSessions) return failed_("too many connections at once");
    sessions.spawn("forwarded connection", serve(std::move(socket)));
  });
}

awaitable<void> PortForward::serve(tcp::socket socket) {
  ForwardSession session(*this, std::move(socket));
  co_await session.run();
}

}  // namespace hardline::tunnel
