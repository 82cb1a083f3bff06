#include "hardline/base/petname.hpp"

#include <algorithm>
#include <array>

#include "hardline/base/ascii.hpp"
#include "hardline/base/key_hash.hpp"

namespace hardline {
namespace {

/// `localhost` and `hardline` are the dashboard's; browsers look for a `wpad` of themselves, and put `www` before
/// names.
constexpr std::array<std::string_view, 4> kReserved{"localhost", "hardline", "wpad", "www"};

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool ends_like_a_service_name(std::string_view label) {
  return label.size() >= KeyHash::kHexLength && KeyHash::parse(label.substr(label.size() - KeyHash::kHexLength));
}

}  // namespace

tl::expected<Petname, std::string> Petname::parse(std::string_view text) {
  const auto refuse = [](const char* why) { return tl::unexpected(std::string(why)); };
  if (text.empty()) return refuse("must not be empty");
  auto label = to_lower(text);
  if (!std::all_of(label.begin(), label.end(), [](char c) { return is_letter_or_digit(c) || c == '-'; }))
    return refuse("may only contain the letters a to z, digits and dashes");
  if (label.size() > kMaxLength) return refuse("must not be longer than 63 characters");
  if (label.front() == '-' || label.back() == '-') return refuse("must not begin or end with a dash");
  if (label.substr(std::min<std::size_t>(2, label.size())).starts_with("--"))
    return refuse("must not have dashes as its third and fourth characters");
  if (std::find(kReserved.begin(), kReserved.end(), label) != kReserved.end())
    return refuse("must not be localhost, hardline, wpad or www, which are reserved");
  if (ends_like_a_service_name(label))
    return refuse("must not end in 40 digits from 0-9 and a-f, as a service's own name does");
  return Petname(std::move(label));
}

}  // namespace hardline
