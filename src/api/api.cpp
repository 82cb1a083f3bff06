#include "hardline/api/api.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api_answer.hpp"
#include "hardline/base/log.hpp"
#include "hardline/web/json_response.hpp"
#include "to_json.hpp"

namespace hardline::api {
namespace {

using Json = nlohmann::ordered_json;

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

awaitable<web::Response> Api::answer(const web::Request& request) {
  std::string problem;
  try {
    Answer answer(*this, request);
    auto response = co_await answer.make();
    co_return response;
  } catch (const std::exception& e) {
    problem = e.what();
  }
  log::error("api: a request could not be answered: {}", problem);
  co_return web::error_response(500, "internal", problem);
}

}  // namespace hardline::api
