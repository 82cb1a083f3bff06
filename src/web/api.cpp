#include "hardline/web/api.hpp"

#include <nlohmann/json.hpp>

#include "hardline/base/ascii.hpp"
#include "hardline/base/log.hpp"
#include "hardline/web/to_json.hpp"
#include "hardline/wire/host_name.hpp"
#include "hardline/wire/percent.hpp"

namespace hardline::web {
namespace {

using Json = nlohmann::ordered_json;

/// No name is longer by far: a whole URL with a long path.
constexpr std::size_t kMaxName = 2048;

ApiResponse respond(int status, const Json& body) {
  // Titles and error texts come from files and strangers: what is no UTF-8 in them is replaced.
  return {status, body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"};
}

/// The value of the one parameter `name`; nullopt where it is missing, given twice, or broken.
std::optional<std::string> parameter(std::string_view query, std::string_view name) {
  std::optional<std::string> value;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    if (value || equals == std::string_view::npos) return std::nullopt;
    value = wire::percent_decode(pair.substr(equals + 1));
    if (!value) return std::nullopt;
  }
  return value;
}

}  // namespace

ApiResponse error_response(int status, std::string_view code, std::string_view text) {
  return respond(status, error_to_json(code, text));
}

std::optional<KeyHash> parse_service(std::string_view text) {
  if (text.size() > kMaxName) return std::nullopt;
  for (const std::string_view scheme : {"http://", "https://"})
    if (to_lower(text.substr(0, scheme.size())) == scheme) {
      text.remove_prefix(scheme.size());
      break;
    }
  const auto host = text.substr(0, text.find_first_of("/?#"));
  if (const auto name = ServiceName::parse(host)) return name->key;
  const auto target = wire::parse_host(host);
  if (const auto* name = std::get_if<ServiceName>(&target)) return name->key;
  return std::nullopt;
}

awaitable<ApiResponse> Api::answer(ApiRequest request) {
  const std::string_view target = request.target;
  const auto question = target.find('?');
  const auto path = target.substr(0, question);
  const auto query = question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  const bool is_status = path == "/api/status";
  const bool is_why = path == "/api/why";
  if (!is_status && !is_why)
    co_return error_response(404, "not_found", "there is no such thing; there are /api/status and /api/why?name=NAME");
  if (request.method != "GET" && request.method != "HEAD") {
    auto refusal = error_response(405, "method_not_allowed", "this can only be read, with GET");
    refusal.allow = "GET, HEAD";
    co_return refusal;
  }
  std::string problem;
  try {
    if (is_status) co_return respond(200, to_json(status_()));
    co_return co_await answer_why(query);
  } catch (const std::exception& e) {
    problem = e.what();
  }
  log::error("api: {} could not be answered: {}", path, problem);
  co_return error_response(500, "internal", problem);
}

awaitable<ApiResponse> Api::answer_why(std::string_view query) {
  const auto name = parameter(query, "name");
  if (!name) co_return error_response(400, "bad_request", "name the service once, as in /api/why?name=NAME");
  const auto key = parse_service(*name);
  if (!key)
    co_return error_response(
        400, "bad_name",
        "this is not a service's name: NAME, NAME.localhost or http://NAME.localhost:7009/, NAME being 40 "
        "digits from 0-9 and a-f, usually with a password and a dash before them");
  const auto wanted = *key;
  const auto examination = co_await examine_(wanted);
  co_return respond(200, to_json(wanted, examination, std::chrono::system_clock::now()));
}

}  // namespace hardline::web
