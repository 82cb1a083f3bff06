// The members of a JSON object, taken apart strictly: a member that is misspelt must not be one that does nothing.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace hardline::api {

/// Each member is asked for, then refusal() tells what was wrong with any of them: nullopt from the others means that
/// it is not there, or that there is a refusal.
class JsonMembers {
 public:
  /// `text` is empty, and there are no members, or it is one JSON object that nests no deeper than kMaxJsonDepth.
  explicit JsonMembers(std::string_view text);

  std::optional<std::string> text(std::string_view name);
  std::optional<bool> flag(std::string_view name);
  /// 1 to 65535; 0 as well where `or_zero` says so.
  std::optional<std::uint16_t> port(std::string_view name, bool or_zero = false);

  /// As text(), and without it there is a refusal.
  std::string required_text(std::string_view name);

  /// A sentence that names the member, in UTF-8. Those that were not asked for are unknown.
  std::optional<std::string> refusal() const;

 private:
  const nlohmann::json* find(std::string_view name);
  void refuse(std::string text);

  nlohmann::json object_ = nlohmann::json::object();
  std::set<std::string, std::less<>> asked_for_;
  std::optional<std::string> refusal_;  ///< the first
};

}  // namespace hardline::api
