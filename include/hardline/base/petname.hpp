// The name a person gives a service on this computer: `jellyfin`, of http://jellyfin.localhost:7009/.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace hardline {

/// One label of a host name (RFC 1035 section 2.3.1, RFC 5891 section 4.2.3.1), in lower case: 1 to 63 letters, digits
/// and dashes, beginning and ending with a letter or digit, without dashes at its third and fourth place, which IDNA
/// keeps for itself. Never one that a service's own name could be (40 hexadecimal digits at its end), and no reserved
/// word: `localhost`, `hardline`, `wpad`, `www`.
class Petname {
 public:
  static constexpr std::size_t kMaxLength = 63;

  /// Either case. The error is a clause for a person, whose subject is the name: "must not begin or end with a dash".
  static tl::expected<Petname, std::string> parse(std::string_view text);

  const std::string& text() const { return text_; }

  friend auto operator<=>(const Petname&, const Petname&) = default;

 private:
  explicit Petname(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace hardline
