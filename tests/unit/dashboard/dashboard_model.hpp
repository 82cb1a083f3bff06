// What the dashboard's tests show on it.
#pragma once

#include "hardline/dashboard/dashboard_sections.hpp"

namespace hardline::dashboard::sample {

using namespace std::chrono_literals;

inline const auto kNow = std::chrono::system_clock::time_point(std::chrono::seconds(1'800'000'000));
inline constexpr std::string_view kHex = "0123456789abcdef0123456789abcdef01234567";
inline constexpr std::string_view kOtherHex = "89abcdef0123456789abcdef0123456789abcdef";

inline ServiceName service_name(std::string_view label) {
  return ServiceName::parse(label).value();
}

inline KeyHash key_of(std::string_view hex) {
  return KeyHash::parse(hex).value();
}

inline lan::Neighbour neighbour(std::string title, std::string_view hex = kHex) {
  return {key_of(hex), std::move(title), {{asio::ip::make_address("192.0.2.7"), 7008}}, 1s};
}

inline PinnedService pinned(std::string_view name, const std::string& label = "secret-" + std::string(kHex)) {
  return {{Petname::parse(name).value(), service_name(label)}, std::nullopt};
}

inline api::OwnService own(std::string title) {
  api::OwnService service{
      "nas", std::move(title), service_name("pw-" + std::string(kHex)), {}, {}, false, false, true, true, {}, {}, 0, 0,
      0};
  service.origin = "127.0.0.1:8096";
  service.address = HostPort{"127.0.0.1", 8096};
  service.editable = true;
  service.origin_up = true;
  return service;
}

inline store::Visit reached(std::chrono::system_clock::time_point when, std::string path) {
  return {when, std::move(path), std::nullopt, {}};
}

inline api::ProxyStatus proxy(std::string url, std::optional<std::chrono::system_clock::time_point> last_answer,
                              std::string problem = {}) {
  api::ProxyStatus status{std::move(url), {}};
  status.status.last_answer = last_answer;
  status.status.problem = std::move(problem);
  return status;
}

inline DashboardModel model() {
  DashboardModel model;
  model.status.now = kNow;
  model.status.version = "1.2.3";
  model.status.p2p_port = 7008;
  model.status.local_port = 7009;
  return model;
}

inline DashboardModel with(lan::Neighbour service) {
  auto shown = model();
  shown.neighbours.push_back(std::move(service));
  return shown;
}

inline DashboardModel with(PinnedService service) {
  auto shown = model();
  shown.pins.push_back(std::move(service));
  return shown;
}

inline DashboardModel with(api::OwnService service) {
  auto shown = model();
  shown.services.push_back(std::move(service));
  return shown;
}

/// What a stranger may write.
inline constexpr std::string_view kMarkup = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&";

inline std::size_t count(std::string_view text, std::string_view part) {
  std::size_t times = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++times;
  return times;
}

}  // namespace hardline::dashboard::sample
