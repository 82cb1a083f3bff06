// The one line of JSON that each side of a tunnel sends before anything else (docs/protocol.md, "Tunnel").
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hardline::wire {

/// Longest OOB line, in octets, its line feed included.
inline constexpr std::size_t kMaxOobLine = 16 * 1024;

/// Why a server is about to close. Ours: old peers neither send nor read it.
struct OobError {
  std::string code;  ///< one of the kOob… below; others may come from newer peers
  std::string text;  ///< for people, at most 200 octets; hostile text where it was received
};

inline constexpr std::string_view kOobOriginUnreachable = "origin-unreachable";
inline constexpr std::string_view kOobPassword = "password";
inline constexpr std::string_view kOobBusy = "busy";

struct OobLine {
  std::optional<std::string> password;   ///< from a client
  std::optional<std::string> wan_hosts;  ///< from a server: a hosts list
  std::optional<OobError> error;         ///< from a server
};

/// `line` without its line feed. Unknown keys are ignored, keys of a wrong type are errors; nullopt unless it is
/// one JSON object. Nesting is bounded.
std::optional<OobLine> parse_oob(std::string_view line);

/// Compact JSON and a line feed. Text that is not UTF-8 is replaced, never thrown at.
std::string format_oob(const OobLine& line);

}  // namespace hardline::wire
