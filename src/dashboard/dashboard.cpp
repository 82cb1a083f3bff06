#include "hardline/dashboard/dashboard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "dashboard_assets.hpp"
#include "dashboard_texts.hpp"
#include "hardline/base/hash160.hpp"
#include "hardline/dashboard/qr_code.hpp"
#include "hardline/web/json_response.hpp"
#include "hardline/web/page.hpp"
#include "hardline/wire/host_name.hpp"

namespace hardline::dashboard {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kHtml = "text/html; charset=utf-8";

/// A page of a few words, which needs no other file.
web::Response short_page(int status, std::string_view title, std::string_view text) {
  web::Response page{status, std::string(kHtml), web::message_page(title, text)};
  page.fields = {{"Content-Security-Policy",
                  "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "
                  "frame-ancestors 'none'"}};
  return page;
}

/// Those of an answer itself come first.
void add_security_fields(web::Response& response) {
  for (auto& field : security_fields()) {
    const auto is_same = [&field](const auto& other) { return other.first == field.first; };
    if (std::none_of(response.fields.begin(), response.fields.end(), is_same))
      response.fields.push_back(std::move(field));
  }
}

bool is_api(std::string_view path) {
  return path.starts_with("/api/");
}

/// `http://NAME.localhost…`: what has a QR code here, so that nobody makes one of anything else with us.
bool is_link(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (!text.starts_with(kScheme)) return false;
  text.remove_prefix(kScheme.size());
  const bool is_visible = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  const auto host = wire::parse_host(text.substr(0, text.find_first_of("/?#")));
  return is_visible && (std::holds_alternative<ServiceName>(host) || std::holds_alternative<wire::HostIsLabel>(host));
}

web::Response serve_asset(const web::Request& request, const Asset& asset) {
  web::Response response{200, std::string(asset.content_type), asset.body};
  if (request.parameter("v") == asset.version)
    response.fields.emplace_back("Cache-Control", "private, max-age=31536000, immutable");
  return response;
}

/// One of text/event-stream (the Living Standard, section 9.2.6).
void append_event(std::string& stream, std::string_view name, std::string_view data) {
  stream += fmt::format("event: {}\n", name);
  while (!data.empty()) {
    const auto line = data.substr(0, data.find_first_of("\r\n"));
    stream += fmt::format("data: {}\n", line);
    data.remove_prefix(std::min(data.size(), line.size() + 1));
  }
  stream += '\n';
}

}  // namespace

/// The sections as they are now, made once for all open pages, each of which holds it.
class Dashboard::Rendering {
 public:
  struct Shown {
    std::string html;
    std::size_t version = 0;  ///< another one for each other HTML
  };

  explicit Rendering(Dashboard& dashboard) : dashboard_(dashboard) {}

  const Shown& shown(Section section) { return shown_[section]; }

  /// Brings it up to date, as far as it is time for that.
  void look() {
    const auto now = Clock::now();
    if (now >= refresh_at_) {
      refresh_at_ = now + kRefreshEvery;
      model_ = dashboard_.model();
      for (const auto section : kSections) render(section);
    } else if (now >= look_at_) {
      model_.neighbours = dashboard_.api_.subjects().lan.neighbours();
      render(Section::lan);
    } else {
      return;
    }
    look_at_ = now + kLookEvery;
  }

  /// It is time for all of it.
  void expire() { refresh_at_ = {}; }

 private:
  void render(Section section) {
    auto html = section_html(model_, section);
    auto& shown = shown_[section];
    if (html != shown.html) shown = {std::move(html), shown.version + 1};
  }

  Dashboard& dashboard_;
  DashboardModel model_;
  std::map<Section, Shown> shown_;
  Clock::time_point refresh_at_{};
  Clock::time_point look_at_{};
};

/// One open page: what it was sent last.
class Dashboard::Stream {
 public:
  explicit Stream(Dashboard& dashboard)
      : looking_(dashboard.api_.subjects().lan.look()), rendering_(dashboard.rendering_.lock()) {
    if (!rendering_) dashboard.rendering_ = rendering_ = std::make_shared<Rendering>(dashboard);
    rendering_->expire();  // the page itself may be newer
  }

  /// What is to be sent now; often nothing.
  std::string news() {
    rendering_->look();
    std::string piece;
    for (const auto section : kSections) {
      const auto& [html, version] = rendering_->shown(section);
      if (std::exchange(sent_[section], version) != version) append_event(piece, name_of(section), html);
    }
    const auto now = Clock::now();
    if (piece.empty() && now - sent_at_ >= kSilence) piece = ":\n\n";
    if (!piece.empty()) sent_at_ = now;
    return piece;
  }

 private:
  std::shared_ptr<void> looking_;
  std::shared_ptr<Rendering> rendering_;
  std::map<Section, std::size_t> sent_;  ///< versions
  Clock::time_point sent_at_{};
};

Dashboard::Dashboard(api::Api& api, DashboardMode mode) : api_(api), mode_(mode), guard_(local_port()) {
  const auto& token = guard_.token();
  constexpr std::size_t kDigits = 16;
  start_ = to_hex(blake2b_160({reinterpret_cast<const std::uint8_t*>(token.data()), token.size()})).substr(0, kDigits);
}

awaitable<void> Dashboard::handle(web::Exchange& exchange) {
  const auto& request = exchange.request();
  const auto path = request.path();
  auto refusal = refusal_of(request);
  if (!refusal && path == "/events") {
    if (static_cast<std::size_t>(rendering_.use_count()) < kMaxStreams) {
      co_await send_events(exchange);
      co_return;
    }
    refusal = short_page(503, texts::kTooManyTitle, texts::kTooMany);
  }
  web::Response response;
  if (refusal) {
    response = std::move(*refusal);
  } else if (is_api(path)) {
    response = co_await api_.answer(request);
    const auto rendering = rendering_.lock();
    if (rendering && web::is_change(request.method)) rendering->expire();
  } else {
    response = serve(request);
  }
  add_security_fields(response);
  co_await exchange.respond(response);
}

std::optional<web::Response> Dashboard::refusal_of(const web::Request& request) const {
  const auto path = request.path();
  const auto verdict = guard_.judge(request);
  if (verdict != Verdict::allowed) return refuse(request, verdict);
  if (mode_ == DashboardMode::off && path != kProxyPacPath) return short_page(404, texts::kOffTitle, texts::kOffText);
  if (!web::is_change(request.method)) return std::nullopt;
  if (!is_api(path)) {
    auto refusal = web::error_response(405, "method_not_allowed", texts::kOnlyToBeRead);
    refusal.fields.emplace_back("Allow", "GET, HEAD");
    return refusal;
  }
  if (mode_ == DashboardMode::read_only) return web::error_response(403, "read_only", texts::kReadOnly);
  return std::nullopt;
}

web::Response Dashboard::refuse(const web::Request& request, Verdict verdict) const {
  if (verdict == Verdict::wrong_token) return web::error_response(403, "wrong_token", texts::kWrongToken);
  if (verdict == Verdict::other_protocol) return web::error_response(400, "other_protocol", texts::kNoUpgrade);
  const bool is_misdirected = verdict == Verdict::wrong_host;
  const auto text =
      is_misdirected ? fmt::format(texts::kWrongHost, local_port()) : fmt::format(texts::kCrossSite, local_port());
  if (is_api(request.path()))
    return web::error_response(is_misdirected ? 421 : 403, is_misdirected ? "wrong_host" : "cross_site", text);
  return is_misdirected ? short_page(421, texts::kWrongHostTitle, text) : short_page(403, texts::kCrossSiteTitle, text);
}

/// What may be read, but for the API and the events.
web::Response Dashboard::serve(const web::Request& request) {
  const auto path = request.path();
  if (path == "/") return serve_page();
  if (path == kProxyPacPath) return proxy_pac();
  if (path == "/qr.svg") return serve_qr(request);
  if (const auto* asset = find_asset(path)) return serve_asset(request, *asset);
  return short_page(404, texts::kNothingHereTitle, fmt::format(texts::kNothingHere, local_port()));
}

web::Response Dashboard::serve_page() {
  // Without scripts nobody asks for events, and a page loaded again shows who has answered this.
  api_.subjects().lan.glance();
  return {200, std::string(kHtml), page_html(model(), {guard_.token(), start_})};
}

web::Response Dashboard::serve_qr(const web::Request& request) const {
  const auto text = request.parameter("text");
  const auto image = text && is_link(*text) ? qr_svg(*text) : std::nullopt;
  if (!image) return web::error_response(400, "bad_request", texts::kQrOfLinks);
  return {200, "image/svg+xml; charset=utf-8", *image};
}

web::Response Dashboard::proxy_pac() const {
  // Written as the oldest of those would like it who need it.
  return {200, "application/x-ns-proxy-autoconfig",
          fmt::format("function FindProxyForURL(url, host) {{\n"
                      "  host = host.toLowerCase();\n"
                      "  if (host.charAt(host.length - 1) === '.') host = host.substring(0, host.length - 1);\n"
                      "  var at = host.length - '.localhost'.length;\n"
                      "  if (at > 0 && host.substring(at) === '.localhost') return 'PROXY 127.0.0.1:{}';\n"
                      "  return 'DIRECT';\n"
                      "}}\n",
                      local_port())};
}

DashboardModel Dashboard::model() {
  auto& subjects = api_.subjects();
  DashboardModel model;
  model.read_only = mode_ == DashboardMode::read_only;
  model.status = subjects.status();
  model.neighbours = subjects.lan.neighbours();
  for (auto& pin : subjects.names.pins()) {
    const auto* visit = subjects.visits.visit(pin.service.key);
    model.pins.push_back({std::move(pin), visit ? std::optional(*visit) : std::nullopt});
  }
  model.services = subjects.publishing.services();
  return model;
}

awaitable<void> Dashboard::send_events(web::Exchange& exchange) {
  Stream stream(*this);
  web::Response response{200, "text/event-stream; charset=utf-8", ""};
  add_security_fields(response);
  bool is_taken = co_await exchange.begin(response);
  std::string piece = "retry: 2000\n";
  append_event(piece, "hello", start_);
  while (is_taken && !exchange.is_over()) {
    piece += stream.news();
    if (!piece.empty()) is_taken = co_await exchange.send(piece);
    if (!is_taken || exchange.is_over()) co_return;
    piece.clear();
    const auto next = Clock::now() + kLookEvery;
    co_await exchange.news().wait_until(next);
  }
}

}  // namespace hardline::dashboard
