#include "hardline/web/api.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api_answer.hpp"
#include "hardline/base/ascii.hpp"
#include "hardline/base/log.hpp"
#include "hardline/web/json_response.hpp"
#include "hardline/web/to_json.hpp"
#include "hardline/wire/host_name.hpp"

namespace hardline::web {
namespace {

using Json = nlohmann::ordered_json;

/// No name is longer by far: a whole URL with a long path.
constexpr std::size_t kMaxName = 2048;

/// The host of an http URL, or what stands before a port and a path where there is no scheme.
std::string_view host_in(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (to_lower(text.substr(0, scheme.size())) == scheme) {
      text.remove_prefix(scheme.size());
      break;
    }
  return text.substr(0, text.find_first_of("/?#"));
}

}  // namespace

std::optional<ServiceName> Api::resolve(std::string_view text) const {
  if (text.size() > kMaxName) return std::nullopt;
  const auto host = host_in(text);
  if (const auto* service = subjects_.names.find(to_lower(host))) return *service;
  const auto target = wire::parse_host(host);
  const auto* label = std::get_if<wire::HostIsLabel>(&target);
  if (label)
    if (const auto* service = subjects_.names.find(label->label)) return *service;
  return store::parse_link(text);
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

}  // namespace hardline::web
