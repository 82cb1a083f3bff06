#include "json_body.hpp"

#include <fmt/format.h>

#include "hardline/base/ascii.hpp"
#include "hardline/base/text.hpp"
#include "hardline/web/json_response.hpp"

namespace hardline::api {
namespace {

/// Of a member's name, in what is said about it.
constexpr std::size_t kMaxShown = 40;

}  // namespace

bool has_content_type(const web::Request& request, std::string_view type) {
  const auto field = request.field("Content-Type");
  if (!field) return false;
  auto named = field->substr(0, field->find(';'));
  while (!named.empty() && (named.back() == ' ' || named.back() == '\t')) named.remove_suffix(1);
  return to_lower(named) == type;
}

JsonBody::JsonBody(const web::Request& request) {
  if (request.body.empty()) return;
  if (!has_content_type(request, "application/json")) {
    refusal_ = web::error_response(415, "unsupported_media_type",
                                   "The body must be JSON with Content-Type: application/json.");
    return;
  }
  object_ = nlohmann::json::parse(request.body, nullptr, false);
  if (!object_.is_object()) refuse("The body must be one JSON object, such as {\"title\": \"Films\"}.");
}

std::optional<std::string> JsonBody::text(std::string_view name) {
  const auto* member = find(name);
  if (!member) return std::nullopt;
  if (member->is_string()) return member->get<std::string>();
  refuse(fmt::format("\"{}\" must be a string.", name));
  return std::nullopt;
}

std::optional<bool> JsonBody::flag(std::string_view name) {
  const auto* member = find(name);
  if (!member) return std::nullopt;
  if (member->is_boolean()) return member->get<bool>();
  refuse(fmt::format("\"{}\" must be true or false.", name));
  return std::nullopt;
}

std::optional<std::uint16_t> JsonBody::port(std::string_view name, bool or_zero) {
  const auto* member = find(name);
  if (!member) return std::nullopt;
  if (member->is_number_unsigned()) {
    const auto number = member->get<std::uint64_t>();
    if (number <= 65535 && (number > 0 || or_zero)) return static_cast<std::uint16_t>(number);
  }
  refuse(fmt::format("\"{}\" must be a number from {} to 65535.", name, or_zero ? 0 : 1));
  return std::nullopt;
}

std::string JsonBody::required_text(std::string_view name) {
  auto value = text(name);
  if (!value) refuse(fmt::format("\"{}\" is missing: it must be a string.", name));
  return value.value_or("");
}

std::optional<web::Response> JsonBody::refusal() const {
  if (refusal_) return refusal_;
  for (const auto& [name, value] : object_.items()) {
    if (asked_for_.contains(name)) continue;
    std::string known;
    for (const auto& other : asked_for_) known += fmt::format("{}\"{}\"", known.empty() ? "" : ", ", other);
    return web::error_response(400, "bad_request",
                               fmt::format("\"{}\" is not known here{}.", clean_text(name, kMaxShown),
                                           known.empty() ? "" : "; known are " + known));
  }
  return std::nullopt;
}

const nlohmann::json* JsonBody::find(std::string_view name) {
  asked_for_.emplace(name);
  if (!object_.is_object()) return nullptr;
  const auto member = object_.find(name);
  return member == object_.end() ? nullptr : &*member;
}

void JsonBody::refuse(std::string text) {
  if (!refusal_) refusal_ = web::error_response(400, "bad_request", text);
}

}  // namespace hardline::api
