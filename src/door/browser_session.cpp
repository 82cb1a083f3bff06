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

BrowserSession::BrowserSession(const Inside& inside, tcp::socket socket)
    : Session(inside.registry), inside_(inside), browser_(StreamSocket(std::move(socket))) {}

awaitable<void> BrowserSession::run() {
  const auto head_failure = co_await read_head();
  if (head_failure) {
    co_await show(*head_failure);
    co_return;
  }
  bool again = browser_.is_open();
  while (again) again = co_await answer_request();
}

/// Answers the request in head_ and received_, and those that follow it to the same place. Whether another is there
/// then; else the connection is closed.
awaitable<bool> BrowserSession::answer_request() {
  service_.reset();
  petname_.clear();
  const auto route = find_route(head_, inside_.names, inside_.local_port);
  bool again = false;
  if (const auto* page = std::get_if<web::Page>(&route)) {
    co_await show(*page);
  } else if (const auto* service = std::get_if<ToService>(&route)) {
    again = co_await lead_to(*service);
  } else {
    again = co_await serve_dashboard();
  }
  co_return again;
}

/// Takes the request that waits, where the present place has answered all before it.
awaitable<bool> BrowserSession::next_request() {
  if (!requests_->is_over()) co_return false;
  if (!requests_->may_go_on()) {
    co_await linger_and_close(browser_);
    co_return false;
  }
  auto next = requests_->next();
  requests_.reset();
  received_ = std::move(next.octets);
  if (!next.head) {
    head_ = {};
    const auto page = bad_request_page(next.head.error());
    co_await show(page);
    co_return false;
  }
  head_ = std::move(*next.head);
  co_return true;
}

void BrowserSession::close_session() {
  browser_.abort();
  if (far_) far_->abort();
}

void BrowserSession::check_path() {
  if (far_) far_->check_path();
}

/// Fills received_ and head_. Closes the connection where there is nobody to answer.
awaitable<std::optional<web::Page>> BrowserSession::read_head() {
  Watchdog watchdog(inside_.tools.executor, [this] { browser_.interrupt(); });
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

std::optional<http::ForwardedHead> BrowserSession::forwarded_head() const {
  return http::forward_request_head(head_, received_);
}

awaitable<bool> BrowserSession::serve_dashboard() {
  const auto head = forwarded_head();
  if (!head) {
    const auto page = unclear_length_page();
    co_await show(page);
    co_return false;
  }
  const web::HttpLimits limits;
  if (head_.form == http::TargetForm::absolute) {
    received_.replace(0, head_.length, head->text);
    auto serving =
        web::serve_http(inside_.tools.executor, browser_, std::exchange(received_, {}), inside_.dashboard, limits);
    co_await std::move(serving);
    co_return false;
  }
  route_requests([this](const auto& next) { return leads_to_dashboard(next); }, *head);
  auto serving =
      web::serve_http(inside_.tools.executor, *requests_, std::exchange(received_, {}), inside_.dashboard, limits);
  co_await std::move(serving);
  const bool again = co_await next_request();
  co_return again;
}

awaitable<bool> BrowserSession::lead_to(const ToService& service) {
  service_ = service.name;
  petname_ = service.petname;
  const bool answered = co_await answer_name_change();
  if (answered) co_return false;
  if (head_.form == http::TargetForm::authority) {
    co_await connect();
    co_return false;
  }
  auto head = forwarded_head();
  if (!head) {
    const auto page = unclear_length_page();
    co_await show(page);
    co_return false;
  }
  if (head_.form == http::TargetForm::absolute) {
    forwarded_.emplace(browser_, std::move(*head), behind_head());
    received_ = forwarded_->start();
    co_await ask();
    co_return false;
  }
  route_requests([this](const auto& next) { return leads_to_service(next); }, *head);
  co_await ask();
  const bool again = co_await next_request();
  co_return again;
}

/// `first` is the framing of the request in head_. Leaves in received_ what may go on at once.
void BrowserSession::route_requests(RoutedRequests::LeadsHere leads_here, const http::ForwardedHead& first) {
  requests_.emplace(browser_, std::move(leads_here));
  requests_->when_over([this] { stop_tunnel(); });
  const auto more = requests_->start(head_, first, std::string(behind_head()));
  received_.replace(head_.length, std::string::npos, more);
}

/// The browser, as the relay sees it.
ByteStream& BrowserSession::near_end() {
  if (forwarded_) return *forwarded_;
  if (requests_) return *requests_;
  return browser_;
}

bool BrowserSession::leads_to_dashboard(const http::RequestHead& next) const {
  const auto route = find_route(next, inside_.names, inside_.local_port);
  return std::holds_alternative<ToDashboard>(route);
}

/// As the present request does, and needs no answer of our own (answer_name_change()).
bool BrowserSession::leads_to_service(const http::RequestHead& next) const {
  const auto route = find_route(next, inside_.names, inside_.local_port);
  const auto* service = std::get_if<ToService>(&route);
  if (!service || service->petname != petname_ || service->name.label() != service_->label()) return false;
  if (petname_.empty()) return true;
  const auto keeper = keeper_of(next);
  if (inside_.visits.may_hold_another(petname_, keeper, service_->key)) return name_change(next) == NameChange::none;
  if (is_navigation(next)) inside_.visits.show(petname_, keeper, service_->key);
  return true;
}

void BrowserSession::begin_tunnel() {
  moved_before_ += outcome_.octets();
  outcome_ = {};
}

/// Leaves the browser's connection open.
void BrowserSession::stop_tunnel() {
  outcome_.to_far.stop = true;
  outcome_.to_near.stop = true;
  if (far_) far_->interrupt();
}

/// Whether the request is answered with that: it came by a petname under which the browser keeps another service's
/// data.
awaitable<bool> BrowserSession::answer_name_change() {
  const auto& key = service_->key;
  if (petname_.empty()) co_return false;
  const auto keeper = keeper_of(head_);
  if (!inside_.visits.may_hold_another(petname_, keeper, key)) {
    if (is_navigation(head_)) inside_.visits.show(petname_, keeper, key);
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
    inside_.visits.show(petname_, keeper, key);  // before lingering: the browser may come back at once
    co_await linger_and_close(browser_);
  }
  co_return true;
}

/// RFC 9110 section 9.3.6.
awaitable<void> BrowserSession::connect() {
  // In a browser's CONNECT, by which it opens WebSockets through a proxy, other sites' pages may have it send requests.
  if (!petname_.empty() && head_.names_browser) {
    requests_.emplace(
        browser_, [this](const auto& next) { return leads_to_service(next); }, RoutedRequests::Elsewhere::is_cut);
    const auto more = requests_->start(std::string(behind_head()));
    received_.replace(head_.length, std::string::npos, more);
  }
  const auto first = behind_head();
  const auto& name = *service_;
  begin_tunnel();
  auto opened = co_await tunnel::open_tunnel(inside_.tools, name, first);
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
  if (!gone) co_await tunnel::relay_tunnel(near, *opened, inside_.tools.buffers, outcome_);
  far_ = nullptr;
}

/// Leads the request through a tunnel, and once more through another where the first one ends without a word: with
/// two daemons serving one certificate, nobody notices that one of them died.
awaitable<void> BrowserSession::ask() {
  const auto& name = *service_;
  for (bool first_time = true;; first_time = false) {
    begin_tunnel();
    const bool may_repeat = first_time && is_repeatable();
    auto opened = co_await tunnel::open_tunnel(inside_.tools, name, received_);
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
      inside_.tools.dialer.died(name.key, opened->candidate);
      continue;
    }
    const auto page = silent_service_page(opened->dialect);
    co_await show(page);
    co_return;
  }
}

/// Whether the request is safe (RFC 9110 section 9.2.2), and whole and alone in received_, as every forwarded one is
/// that has no content.
bool BrowserSession::is_repeatable() const {
  return (head_.method == "GET" || head_.method == "HEAD") && !head_.has_body && (forwarded_ || behind_head().empty());
}

/// Behind what is in received_.
bool BrowserSession::nothing_more_was_sent() const {
  const auto& sent = outcome_.to_far;
  return sent.octets == 0 && !sent.read_error && !sent.write_error;
}

/// Whether the browser still waits for a first octet.
awaitable<bool> BrowserSession::carry_through(tunnel::Tunnel& tunnel) {
  far_ = tunnel.stream.get();
  const auto early = as_octets(tunnel.early);
  auto& near = near_end();
  const auto gone = co_await write_all(near, early);
  if (!gone) {
    RelayOptions options;
    options.far_cannot_half_close = tunnel.dialect == tunnel::Dialect::legacy;
    options.keep_near_if_far_is_silent = early.empty();
    co_await relay(near, *far_, inside_.tools.buffers, options, outcome_);
  }
  far_ = nullptr;
  co_return !gone && browser_.is_open() && !outcome_.to_near.stop;
}

/// Whether it was taken; then the connection is still open.
awaitable<bool> BrowserSession::send(const web::Page& page) {
  const auto form = head_.accepts_html ? web::Form::html : web::Form::plain;
  const auto response = to_response(page, form, head_.method != "HEAD");
  Watchdog watchdog(inside_.tools.executor, [this] { browser_.close(); });
  watchdog.arm(kHeadTimeout);
  const auto octets = as_octets(response);
  const auto gone = co_await write_all(browser_, octets);
  co_return !gone;
}

awaitable<void> BrowserSession::show(const web::Page& page) {
  const bool sent = co_await send(page);
  if (sent) co_await linger_and_close(browser_);
}

}  // namespace hardline::door
