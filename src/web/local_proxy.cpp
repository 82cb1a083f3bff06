#include "hardline/web/local_proxy.hpp"

#include "hardline/base/errc.hpp"
#include "hardline/base/log.hpp"
#include "hardline/rt/accept.hpp"
#include "hardline/rt/socket_stream.hpp"
#include "hardline/rt/watchdog.hpp"
#include "hardline/web/failures.hpp"
#include "hardline/wire/host_name.hpp"

namespace hardline::web {

/// One connection of a browser, from its first octet to the last.
class LocalProxy::BrowserSession final : public Session {
 public:
  BrowserSession(LocalProxy& proxy, tcp::socket socket)
      : Session(proxy.registry_), proxy_(proxy), browser_(StreamSocket(std::move(socket))) {}

  awaitable<void> run() {
    const auto head_failure = co_await read_head();
    if (head_failure) {
      co_await show(*head_failure);
      co_return;
    }
    if (!browser_.is_open()) co_return;
    const auto target = wire::parse_host(head_.host);
    const auto* name = std::get_if<ServiceName>(&target);
    if (!name) {
      const auto* label = std::get_if<wire::HostIsLabel>(&target);
      const auto page = label ? no_such_name_page(label->label) : foreign_host_page();
      co_await show(page);
      co_return;
    }
    co_await ask(*name);
  }

  std::uint64_t progress() const override { return outcome_.octets(); }

  void close_session() override {
    browser_.abort();
    if (far_) far_->abort();
  }

  void check_path() override {
    if (far_) far_->check_path();
  }

  bool leads_to(const KeyHash& key) const { return service_ == key; }

 private:
  /// Fills received_ and head_. Closes the connection where there is nobody to answer.
  awaitable<std::optional<Page>> read_head() {
    Watchdog watchdog(proxy_.executor_, [this] { browser_.interrupt(); });
    watchdog.arm(kHeadTimeout);
    wire::RequestHeadReader reader;
    std::array<std::byte, 4096> chunk;
    for (;;) {
      const auto got = co_await read_some(browser_, chunk);
      if (watchdog.bitten()) co_return slow_request_page();
      if (!got || *got == 0) {
        browser_.close();
        co_return std::nullopt;
      }
      const std::string_view more(reinterpret_cast<const char*>(chunk.data()), *got);
      received_.append(more);
      auto head = reader.feed(more);
      if (head) {
        head_ = std::move(*head);
        co_return std::nullopt;
      }
      if (head.error() != wire::HeadError::incomplete) co_return bad_request_page(head.error());
    }
  }

  /// Leads the request through a tunnel, and once more through another where the first one ends without a word: with
  /// two daemons serving one certificate, nobody notices that one of them died.
  awaitable<void> ask(const ServiceName& name) {
    service_ = name.key;
    for (bool first_time = true;; first_time = false) {
      const bool may_repeat = first_time && is_repeatable();
      auto opened = co_await tunnel::open_tunnel(proxy_.dialer_, proxy_.finder_, name, received_);
      if (!opened) {
        const auto* broken = std::get_if<tunnel::BrokenOff>(&opened.error());
        if (may_repeat && broken && broken->error != Errc::timed_out) continue;
        const auto page = open_failure_page(opened.error());
        co_await show(page);
        co_return;
      }
      if (!may_repeat) received_.clear();
      received_.shrink_to_fit();
      const bool silent = co_await carry_through(*opened);
      if (!silent) co_return;
      // An old server that ends without a word may mean that the password is wrong: it is not asked again.
      if (may_repeat && nothing_more_was_sent() && opened->dialect != tunnel::Dialect::legacy) {
        log::debug("local proxy: asking again, as a tunnel ended without a word service={}", name.key.brief());
        proxy_.dialer_.died(name.key, opened->candidate);
        outcome_ = {};
        continue;
      }
      const auto page = silent_service_page(opened->dialect);
      co_await show(page);
      co_return;
    }
  }

  /// Whether the request is safe, and whole in received_ (RFC 9110 section 9.2.2).
  bool is_repeatable() const {
    return (head_.method == "GET" || head_.method == "HEAD") && !head_.has_body && received_.size() == head_.length;
  }

  /// Behind what is in received_.
  bool nothing_more_was_sent() const {
    const auto& sent = outcome_.to_far;
    return sent.octets == 0 && !sent.read_error && !sent.write_error;
  }

  /// Whether the browser still waits for a first octet.
  awaitable<bool> carry_through(tunnel::Tunnel& tunnel) {
    far_ = tunnel.stream.get();
    const auto early = as_octets(tunnel.early);
    const auto gone = co_await write_all(browser_, early);
    if (!gone) {
      RelayOptions options;
      options.far_cannot_half_close = tunnel.dialect == tunnel::Dialect::legacy;
      options.keep_near_if_far_is_silent = early.empty();
      co_await relay(browser_, *far_, proxy_.buffers_, options, outcome_);
    }
    far_ = nullptr;
    co_return !gone && browser_.is_open();
  }

  awaitable<void> show(const Page& page) {
    const auto form = head_.accepts_html ? Form::html : Form::plain;
    const auto response = to_response(page, form, head_.method != "HEAD");
    Watchdog watchdog(proxy_.executor_, [this] { browser_.close(); });
    watchdog.arm(kHeadTimeout);
    const auto octets = as_octets(response);
    const auto gone = co_await write_all(browser_, octets);
    if (!gone) co_await linger_and_close(browser_);
  }

  LocalProxy& proxy_;
  SocketStream browser_;
  std::string received_;  ///< once a tunnel stands: the head of a request that may be repeated, else nothing
  wire::RequestHead head_;
  std::optional<KeyHash> service_;
  ByteStream* far_ = nullptr;
  RelayOutcome outcome_;
};

LocalProxy::LocalProxy(Executor executor, BufferPool& buffers, tunnel::Dialer& dialer, discovery::Finder& finder)
    : executor_(executor), buffers_(buffers), dialer_(dialer), finder_(finder) {}

void LocalProxy::open(std::uint16_t port) {
  std::vector<tcp::acceptor> acceptors;
  try {
    acceptors.push_back(listen_on(executor_, {asio::ip::address_v4::loopback(), port}));
  } catch (const boost::system::system_error& e) {
    throw std::system_error(e.code());
  }
  try {
    acceptors.push_back(listen_on(executor_, {asio::ip::address_v6::loopback(), port}));
  } catch (const boost::system::system_error& e) {
    // Browsers may try ::1 first: whoever has the port there would be asked in our place, password and all.
    if (e.code() == asio::error::address_in_use) throw std::system_error(e.code());
    log::info("local proxy: listening on 127.0.0.1 only: {}", e.code().message());
  }
  acceptors_ = std::move(acceptors);
}

void LocalProxy::start(TaskGroup& sessions) {
  for (auto& acceptor : acceptors_) sessions.spawn("local proxy", accept_on(acceptor, sessions));
}

void LocalProxy::stop() {
  for (auto& acceptor : acceptors_) {
    AsioError ignored;
    acceptor.close(ignored);
  }
}

void LocalProxy::check_paths_to(const KeyHash& key) {
  registry_.check_paths_if(
      [&key](const Session& session) { return static_cast<const BrowserSession&>(session).leads_to(key); });
}

awaitable<void> LocalProxy::accept_on(tcp::acceptor& acceptor, TaskGroup& sessions) {
  std::function<void(tcp::socket)> accepted = [this, &sessions](tcp::socket socket) {
    sessions.spawn("browser session", serve(std::move(socket)));
  };
  co_await accept_loop(acceptor, "local proxy", accepted);
}

awaitable<void> LocalProxy::serve(tcp::socket socket) {
  BrowserSession session(*this, std::move(socket));
  co_await session.run();
}

}  // namespace hardline::web
