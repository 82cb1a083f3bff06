// The daemon's own page, at http://localhost:7009/ and http://hardline.localhost:7009/: what is here, what is pinned,
// what is published.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "hardline/api/api.hpp"
#include "hardline/dashboard/browser_guard.hpp"
#include "hardline/dashboard/dashboard_mode.hpp"
#include "hardline/dashboard/dashboard_page.hpp"
#include "hardline/web/http_server.hpp"

namespace hardline::dashboard {

/// Behind the local proxy, which leads connections here whose Host is ours. io thread only.
class Dashboard final : public web::HttpHandler {
 public:
  /// How often it is looked, for all open pages at once, for neighbours that came or went, and for changes that were
  /// made here…
  static constexpr auto kLookEvery = std::chrono::milliseconds(250);
  /// …and for all else.
  static constexpr auto kRefreshEvery = std::chrono::seconds(1);
  /// A comment is sent after this long without an event, so that a page whose browser is gone is noticed.
  static constexpr auto kSilence = std::chrono::seconds(15);
  /// Open pages. A browser opens six connections to one host at most.
  static constexpr std::size_t kMaxStreams = 32;

  /// `api` outlives it.
  Dashboard(api::Api& api, DashboardMode mode);

  /// Judges, then serves the page and its files, /events, /qr.svg, /proxy.pac (in every mode), and /api/ as the control
  /// socket does.
  awaitable<void> handle(web::Exchange& exchange) override;

  /// For tests: where nothing may be changed, no page tells the token.
  const BrowserGuard& guard() const { return guard_; }

 private:
  class Rendering;
  class Stream;

  std::optional<web::Response> refusal_of(const web::Request& request) const;
  web::Response refuse(const web::Request& request, Verdict verdict) const;
  web::Response serve(const web::Request& request);
  web::Response serve_page();
  web::Response serve_qr(const web::Request& request) const;
  web::Response proxy_pac() const;
  std::uint16_t local_port() const { return api_.subjects().local_port; }
  DashboardModel model();
  awaitable<void> send_events(web::Exchange& exchange);

  api::Api& api_;
  DashboardMode mode_;
  BrowserGuard guard_;
  std::string start_;                   ///< what this start of the daemon is known by; tells nothing of the token
  std::weak_ptr<Rendering> rendering_;  ///< of the open pages, each of which holds it
};

}  // namespace hardline::dashboard
