#include "hardline/web/json_response.hpp"

#include <nlohmann/json.hpp>

namespace hardline::web {

using Json = nlohmann::ordered_json;

std::string to_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Response json_response(int status, const Json& body) {
  return {status, "application/json", to_line(body)};
}

Json error_to_json(std::string_view code, std::string_view text) {
  return {{"error", {{"code", code}, {"text", text}}}};
}

Response error_response(int status, std::string_view code, std::string_view text) {
  return json_response(status, error_to_json(code, text));
}

}  // namespace hardline::web
