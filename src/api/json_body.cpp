#include "json_body.hpp"

#include "hardline/base/ascii.hpp"
#include "hardline/web/json_response.hpp"

namespace hardline::api {

bool has_content_type(const web::Request& request, std::string_view type) {
  const auto field = request.field("Content-Type");
  if (!field) return false;
  auto named = field->substr(0, field->find(';'));
  while (!named.empty() && (named.back() == ' ' || named.back() == '\t')) named.remove_suffix(1);
  return to_lower(named) == type;
}

JsonBody::JsonBody(const web::Request& request)
    : JsonMembers(request.body), is_json_(request.body.empty() || has_content_type(request, "application/json")) {}

std::optional<web::Response> JsonBody::refusal() const {
  if (!is_json_)
    return web::error_response(415, "unsupported_media_type",
                               "The body must be JSON with Content-Type: application/json.");
  const auto refusal = JsonMembers::refusal();
  if (!refusal) return std::nullopt;
  return web::error_response(400, "bad_request", *refusal);
}

}  // namespace hardline::api
