// The weak extra secret in a service's name (docs/protocol.md, "Identity"). It cannot be printed by accident: there is
// no stream operator and no formatter, only reveal().
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hardline {

class Password {
 public:
  /// Longest password that leaves room for `-` and the KEYHASH in one DNS label (63 octets, RFC 1035 2.3.4).
  static constexpr std::size_t kMaxInLabel = 22;
  /// Longest accepted at all; old installations may hold passwords that no browser can type.
  static constexpr std::size_t kMaxLength = 64;

  /// 1 to kMaxLength visible ASCII characters other than `-`, `.`, `/`, `:`, `"` and `\`; lower-cased, as names
  /// are compared without case.
  static std::optional<Password> parse(std::string_view text);

  /// 13 random characters of a-z2-7: base32 of 8 random bytes, as old peers make them.
  static Password generate();

  /// Constant time for passwords of equal length, whatever the contents.
  bool matches(const Password& other) const;

  const std::string& reveal() const { return text_; }

 private:
  explicit Password(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace hardline
