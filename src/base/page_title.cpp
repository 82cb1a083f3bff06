#include "hardline/base/page_title.hpp"

#include "hardline/base/ascii.hpp"
#include "hardline/base/html.hpp"
#include "hardline/base/text.hpp"

namespace hardline {
namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string with_single_spaces(std::string_view text) {
  std::string result;
  for (const char c : text)
    if (c != ' ' || !result.ends_with(' ')) result += c;
  return result;
}

}  // namespace

std::string title_of_page(std::string_view html) {
  constexpr std::string_view kOpen = "<title";
  const auto lower = to_lower(html);
  for (auto at = lower.find(kOpen); at != std::string::npos; at = lower.find(kOpen, at + 1)) {
    const auto behind = at + kOpen.size();
    if (behind == lower.size()) break;
    if (lower[behind] != '>' && !is_space(lower[behind])) continue;  // another element
    const auto begin = lower.find('>', behind);
    if (begin == std::string::npos) break;
    const auto end = lower.find("</title", begin);
    if (end == std::string::npos) break;
    const auto decoded = decode_html(html.substr(begin + 1, end - begin - 1));
    const auto clean = clean_text(decoded, decoded.size());  // which may leave spaces side by side
    return clean_text(with_single_spaces(clean), kMaxPageTitle);
  }
  return {};
}

}  // namespace hardline
