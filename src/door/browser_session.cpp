#include "browser_session.hpp"

#include "failures.hpp"
#include "hardline/base/errc.hpp"
#include "hardline/base/log.hpp"
#include "hardline/rt/watchdog.hpp"
#include "hardline/tunnel/raw_tunnel.hpp"
#include "name_change.hpp"

namespace hardline::door {
namespace {

constexpr std::string_view kEstablished = "HTTP/1.1 200 Connection established\r\n\r\n";

}  // namespace

LocalProxy::BrowserSession::BrowserSession(LocalProxy& proxy, tcp::socket socket)
    : Session(proxy.registry_), proxy_(proxy), browser_(StreamSocket(std::move(socket))) {}

awaitable<void> LocalProxy::BrowserSession::run() {
  const auto head_failure = co_await read_head();
  if (head_failure) {
    co_await show(*head_failure);
    co_return;
  }
  if (!browser_.is_open()) co_return;
  const auto route = find_route(head_, proxy_.names_, proxy_.acceptors_.port());
  if (const auto* page = std::get_if<web::Page>(&route)) {
    co_await show(*page);
  } else if (const auto* service = std::get_if<ToService>(&route)) {
    co_await lead_to(*service);
  } else {
    co_await serve_dashboard();
  }
}

void LocalProxy::BrowserSession::close_session() {
  browser_.abort();
  if (far_) far_->abort();
}

void LocalProxy::BrowserSession::check_path() {
  if (far_) far_->check_path();
}

/// Fills received_ and head_. Closes the connection where there is nobody to answer.
awaitable<std::optional<web::Page>> LocalProxy::BrowserSession::read_head() {
  Watchdog watchdog(proxy_.tools_.executor, [this] { browser_.interrupt(); });
  watchdog.arm(kHeadTimeout);
  http::RequestHeadReader reader;
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
    if (head.error() != http::HeadError::incomplete) co_return bad_request_page(head.error());
  }
}

std::optional<http::ForwardedHead> LocalProxy::BrowserSession::forwarded_head() const {
  return http::forward_request_head(head_, received_);
}

awaitable<void> LocalProxy::BrowserSession::serve_dashboard() {
  if (head_.form == http::TargetForm::absolute) {
    const auto head = forwarded_head();
    if (!head) {
      const auto page = unclear_length_page();
      co_await show(page);
      co_return;
    }
    received_.replace(0, head_.length, head->text);
  }
  auto serving = web::serve_http(proxy_.tools_.executor, browser_, std::exchange(received_, {}), proxy_.dashboard_,
                                 web::HttpLimits{});
  co_await std::move(serving);
}

awaitable<void> LocalProxy::BrowserSession::lead_to(const ToService& service) {
  const auto& name = service.name;
  service_ = name.key;
  petname_ = service.petname;
  const bool answered = co_await answer_name_change(name.key);
  if (answered) co_return;
  if (head_.form == http::TargetForm::authority) {
    co_await connect(name);
    co_return;
  }
  if (head_.form == http::TargetForm::absolute || is_watched()) {
    auto head = forwarded_head();
    if (!head) {
      const auto page = unclear_length_page();
      co_await show(page);
      co_return;
    }
    if (head_.form == http::TargetForm::absolute) {
      forwarded_.emplace(browser_, std::move(*head), behind_head());
      received_ = forwarded_->start();
    } else {
      watch(*head);
    }
  }
  co_await ask(name);
}

/// Whether requests may come on this connection that pages of other sites had a browser send: more of them or, in a
/// browser's CONNECT, a WebSocket's.
bool LocalProxy::BrowserSession::is_watched() const {
  return !petname_.empty() && !head_.has_upgrade && (is_of_browser(head_) || head_.names_browser);
}

/// `first` is the framing of the request that was looked at already.
void LocalProxy::BrowserSession::watch(const http::ForwardedHead& first) {
  watched_.emplace(browser_, first, behind_head(), [this](const auto& next) { return may_follow(next); });
  received_.replace(head_.length, std::string::npos, watched_->start());
}

/// The browser, as the relay sees it.
ByteStream& LocalProxy::BrowserSession::near_end() {
  if (forwarded_) return *forwarded_;
  if (watched_) return *watched_;
  return browser_;
}

bool LocalProxy::BrowserSession::may_follow(const http::RequestHead& next) const {
  if (next.form != http::TargetForm::origin) return false;
  const auto route = find_route(next, proxy_.names_, proxy_.acceptors_.port());
  const auto* service = std::get_if<ToService>(&route);
  return service && service->petname == petname_ && service->name.key == service_;
}

/// Whether the request is answered with that: it came by a petname under which the browser keeps another service's
/// data.
awaitable<bool> LocalProxy::BrowserSession::answer_name_change(const KeyHash& key) {
  if (petname_.empty()) co_return false;
  const auto keeper = keeper_of(head_);
  if (!proxy_.visits_.may_hold_another(petname_, keeper, key)) {
    if (is_navigation(head_)) proxy_.visits_.show(petname_, keeper, key);
    co_return false;
  }
  const auto change = name_change(head_);
  if (change == NameChange::none) co_return false;
  if (change == NameChange::pending) {
    const auto page = name_changed_page(petname_);
    co_await show(page);
    co_return true;
  }
  const auto page = begin_anew_page(head_, petname_);
  const bool sent = co_await send(page);
  if (sent) {
    proxy_.visits_.show(petname_, keeper, key);  // before lingering: the browser may come back at once
    co_await linger_and_close(browser_);
  }
  co_return true;
}

/// RFC 9110 section 9.3.6.
awaitable<void> LocalProxy::BrowserSession::connect(const ServiceName& name) {
  if (is_watched()) watch(http::ForwardedHead{});
  const auto first = behind_head();
  auto opened = co_await tunnel::open_tunnel(proxy_.tools_, name, first);
  if (!opened) {
    const auto page = open_failure_page(opened.error());
    co_await show(page);
    co_return;
  }
  received_ = {};
  far_ = opened->stream.get();
  const auto established = as_octets(kEstablished);
  const auto gone = co_await write_all(browser_, established);
  auto& near = near_end();
  if (!gone) co_await tunnel::relay_tunnel(near, *opened, proxy_.tools_.buffers, outcome_);
  far_ = nullptr;
}

/// Leads the request through a tunnel, and once more through another where the first one ends without a word: with
/// two daemons serving one certificate, nobody notices that one of them died.
awaitable<void> LocalProxy::BrowserSession::ask(const ServiceName& name) {
  for (bool first_time = true;; first_time = false) {
    const bool may_repeat = first_time && is_repeatable();
    auto opened = co_await tunnel::open_tunnel(proxy_.tools_, name, received_);
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
      proxy_.tools_.dialer.died(name.key, opened->candidate);
      outcome_ = {};
      continue;
    }
    const auto page = silent_service_page(opened->dialect);
    co_await show(page);
    co_return;
  }
}

/// Whether the request is safe (RFC 9110 section 9.2.2), and whole and alone in received_, as every forwarded one is
/// that has no content.
bool LocalProxy::BrowserSession::is_repeatable() const {
  return (head_.method == "GET" || head_.method == "HEAD") && !head_.has_body && (forwarded_ || behind_head().empty());
}

/// Behind what is in received_.
bool LocalProxy::BrowserSession::nothing_more_was_sent() const {
  const auto& sent = outcome_.to_far;
  return sent.octets == 0 && !sent.read_error && !sent.write_error;
}

/// Whether the browser still waits for a first octet.
awaitable<bool> LocalProxy::BrowserSession::carry_through(tunnel::Tunnel& tunnel) {
  far_ = tunnel.stream.get();
  const auto early = as_octets(tunnel.early);
  auto& near = near_end();
  const auto gone = co_await write_all(near, early);
  if (!gone) {
    RelayOptions options;
    options.far_cannot_half_close = tunnel.dialect == tunnel::Dialect::legacy;
    options.keep_near_if_far_is_silent = early.empty();
    co_await relay(near, *far_, proxy_.tools_.buffers, options, outcome_);
  }
  far_ = nullptr;
  co_return !gone && browser_.is_open();
}

/// Whether it was taken; then the connection is still open.
awaitable<bool> LocalProxy::BrowserSession::send(const web::Page& page) {
  const auto form = head_.accepts_html ? web::Form::html : web::Form::plain;
  const auto response = to_response(page, form, head_.method != "HEAD");
  Watchdog watchdog(proxy_.tools_.executor, [this] { browser_.close(); });
  watchdog.arm(kHeadTimeout);
  const auto octets = as_octets(response);
  const auto gone = co_await write_all(browser_, octets);
  co_return !gone;
}

awaitable<void> LocalProxy::BrowserSession::show(const web::Page& page) {
  const bool sent = co_await send(page);
  if (sent) co_await linger_and_close(browser_);
}

}  // namespace hardline::door
