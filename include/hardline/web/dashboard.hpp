// The daemon's own page, at http://localhost:7009/ and http://hardline.localhost:7009/: what is here, what is pinned,
// what is published.
#pragma once

#include <cstdint>

#include "hardline/rt/event.hpp"
#include "hardline/web/api.hpp"
#include "hardline/web/browser_guard.hpp"
#include "hardline/web/http_server.hpp"

namespace hardline::web {

enum class DashboardMode { on, read_only, off };

/// Behind the local proxy, which leads connections here whose Host is ours. io thread only.
class Dashboard final : public HttpHandler {
 public:
  /// `api` outlives it.
  Dashboard(Executor executor, Api& api, DashboardMode mode, std::uint16_t local_port);

  /// Judges, then serves the page and its files, /events, /qr.svg, /proxy.pac (in every mode), and /api/ as the control
  /// socket does.
  awaitable<void> handle(Exchange& exchange) override;

 private:
  awaitable<void> send_events(Exchange& exchange);

  Executor executor_;
  Api& api_;
  DashboardMode mode_;
  BrowserGuard guard_;
};

}  // namespace hardline::web
