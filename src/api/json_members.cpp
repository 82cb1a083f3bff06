#include "json_members.hpp"

#include <fmt/format.h>

#include <utility>

#include "hardline/base/json.hpp"
#include "hardline/base/text.hpp"

namespace hardline::api {
namespace {

/// Of a member's name, in what is said about it.
constexpr std::size_t kMaxShown = 40;

}  // namespace

JsonMembers::JsonMembers(std::string_view text) {
  if (text.empty()) return;
  if (auto object = parse_json_object(text))
    object_ = *std::move(object);
  else
    refuse("The body must be one JSON object, such as {\"title\": \"Films\"}.");
}

std::optional<std::string> JsonMembers::text(std::string_view name) {
  const auto* member = find(name);
  if (!member) return std::nullopt;
  if (member->is_string()) return member->get<std::string>();
  refuse(fmt::format("\"{}\" must be a string.", name));
  return std::nullopt;
}

std::optional<bool> JsonMembers::flag(std::string_view name) {
  const auto* member = find(name);
  if (!member) return std::nullopt;
  if (member->is_boolean()) return member->get<bool>();
  refuse(fmt::format("\"{}\" must be true or false.", name));
  return std::nullopt;
}

std::optional<std::uint16_t> JsonMembers::port(std::string_view name, bool or_zero) {
  const auto* member = find(name);
  if (!member) return std::nullopt;
  if (member->is_number_unsigned()) {
    const auto number = member->get<std::uint64_t>();
    if (number <= 65535 && (number > 0 || or_zero)) return static_cast<std::uint16_t>(number);
  }
  refuse(fmt::format("\"{}\" must be a number from {} to 65535.", name, or_zero ? 0 : 1));
  return std::nullopt;
}

std::string JsonMembers::required_text(std::string_view name) {
  auto value = text(name);
  if (!value) refuse(fmt::format("\"{}\" is missing: it must be a string.", name));
  return value.value_or("");
}

std::optional<std::string> JsonMembers::refusal() const {
  if (refusal_) return refusal_;
  for (const auto& [name, value] : object_.items()) {
    if (asked_for_.contains(name)) continue;
    std::string known;
    for (const auto& other : asked_for_) known += fmt::format("{}\"{}\"", known.empty() ? "" : ", ", other);
    return fmt::format("\"{}\" is not known here{}.", clean_text(name, kMaxShown),
                       known.empty() ? "" : "; known are " + known);
  }
  return std::nullopt;
}

const nlohmann::json* JsonMembers::find(std::string_view name) {
  asked_for_.emplace(name);
  const auto member = object_.find(name);
  return member == object_.end() ? nullptr : &*member;
}

void JsonMembers::refuse(std::string text) {
  if (!refusal_) refusal_ = std::move(text);
}

}  // namespace hardline::api
