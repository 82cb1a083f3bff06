#include "hardline/web/api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api_answer.hpp"
#include "hardline/base/log.hpp"
#include "hardline/web/to_json.hpp"
#include "hardline/wire/percent.hpp"

namespace hardline::web {
namespace {

using Json = nlohmann::ordered_json;

/// The segments of a path, decoded; nullopt where it is none.
std::optional<std::vector<std::string>> segments_of(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    auto decoded = wire::percent_decode(segment);
    if (!decoded) return std::nullopt;
    segments.push_back(std::move(*decoded));
  }
  return segments;
}

}  // namespace

std::optional<ServiceName> Api::resolve(std::string_view text) const {
  auto meant = store::parse_meant(text);
  if (!meant) return std::nullopt;
  if (auto* service = std::get_if<ServiceName>(&*meant)) return std::move(*service);
  const auto* service = subjects_.names.find(std::get<Petname>(*meant).text());
  return service ? std::optional(*service) : std::nullopt;
}

Json Api::neighbours() const {
  const auto pins = subjects_.names.pins();
  const auto own = subjects_.publishing.services();
  auto list = Json::array();
  for (const auto& neighbour : subjects_.lan.neighbours()) {
    const auto pin = std::find_if(pins.begin(), pins.end(),
                                  [&](const auto& candidate) { return candidate.service.key == neighbour.key; });
    const bool published_here =
        std::any_of(own.begin(), own.end(), [&](const auto& service) { return service.name.key == neighbour.key; });
    list.push_back(to_json(neighbour, subjects_.local_port, pin == pins.end() ? nullptr : &pin->name, published_here));
  }
  return list;
}

void Api::close() {
  closed_ = true;
  subjects_.lan.changed().notify();
}

awaitable<Response> Api::answer(const Request& request) {
  std::string problem;
  try {
    Answer answer(*this, request);
    auto response = co_await answer.make();
    co_return response;
  } catch (const std::exception& e) {
    problem = e.what();
  }
  log::error("api: a request could not be answered: {}", problem);
  co_return error_response(500, "internal", problem);
}

const std::vector<Api::Answer::Route>& Api::Answer::routes() {
  static const std::vector<Route> kRoutes{
      {{"api", "status"}, {{"GET", &Answer::status}}},
      {{"api", "why"}, {{"GET", &Answer::why}}},
      {{"api", "neighbours"}, {{"GET", &Answer::neighbours}}},
      {{"api", "names"}, {{"GET", &Answer::names}}},
      {{"api", "names.txt"}, {{"GET", &Answer::export_names}, {"POST", &Answer::import_names}}},
      {{"api", "names", "*"}, {{"PUT", &Answer::put_name}, {"DELETE", &Answer::remove_name}}},
      {{"api", "names", "*", "rename"}, {{"POST", &Answer::rename}}},
      {{"api", "services"}, {{"GET", &Answer::services}, {"POST", &Answer::publish}}},
      {{"api", "services", "*"}, {{"PATCH", &Answer::change_service}, {"DELETE", &Answer::remove_service}}},
      {{"api", "web-servers"}, {{"GET", &Answer::web_servers}}},
  };
  return kRoutes;
}

bool Api::Answer::leads_along(const Route& route, const std::vector<std::string>& path) {
  if (route.path.size() != path.size()) return false;
  named_.clear();
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool is_open = route.path[i] == "*";
    if (is_open ? path[i].empty() : path[i] != route.path[i]) return false;
    if (is_open) named_.push_back(path[i]);
  }
  return true;
}

awaitable<Response> Api::Answer::make() {
  const auto path = segments_of(request_.path());
  const auto& all = routes();
  const auto route = std::find_if(all.begin(), all.end(), [&](const auto& r) { return path && leads_along(r, *path); });
  if (route == all.end())
    co_return error_response(404, "not_found",
                             "There is no such thing here. There are /api/status, /api/why?name=NAME, /api/neighbours, "
                             "/api/names, /api/services and others (docs/api.md).");
  const std::string_view asked = request_.method == "HEAD" ? "GET" : std::string_view(request_.method);
  std::string allowed;
  for (const auto& [name, way] : route->methods) {
    if (name == asked) {
      auto response = co_await (this->*way)();
      co_return response;
    }
    allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", name == "GET" ? "GET, HEAD" : name);
  }
  auto refusal = error_response(405, "method_not_allowed", fmt::format("There are only {} here.", allowed));
  refusal.fields.emplace_back("Allow", allowed);
  co_return refusal;
}

}  // namespace hardline::web
