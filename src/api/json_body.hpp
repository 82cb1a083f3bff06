// The JSON that a request brings, taken apart strictly: a member that is misspelt must not be one that does nothing.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "hardline/web/http_server.hpp"

namespace hardline::api {

/// Whether its one Content-Type is `type`, with whatever parameters (RFC 9110 section 8.3).
bool has_content_type(const web::Request& request, std::string_view type);

/// The members of the one object that a body is. Each is asked for, then refusal() tells what was wrong with any of
/// them: nullopt from the others means that it is not there, or that there is a refusal.
class JsonBody {
 public:
  /// A request without a body has no members.
  explicit JsonBody(const web::Request& request);

  std::optional<std::string> text(std::string_view name);
  std::optional<bool> flag(std::string_view name);
  /// 1 to 65535; 0 as well where `or_zero` says so.
  std::optional<std::uint16_t> port(std::string_view name, bool or_zero = false);

  /// As text(), and without it there is a refusal.
  std::string required_text(std::string_view name);

  /// 415, or a 400 that names the member. Those that were not asked for are unknown.
  std::optional<web::Response> refusal() const;

 private:
  const nlohmann::json* find(std::string_view name);
  void refuse(std::string text);

  nlohmann::json object_ = nlohmann::json::object();
  std::set<std::string, std::less<>> asked_for_;
  std::optional<web::Response> refusal_;  ///< the first
};

}  // namespace hardline::api
