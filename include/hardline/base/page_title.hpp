// What a web page calls itself (HTML, the Living Standard, section 4.2.2).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hardline {

inline constexpr std::size_t kMaxPageTitle = 100;  ///< octets, as a line of a list has room for

/// The text of the page's first `title` element: clean_text() of at most kMaxPageTitle; empty if there is none. As much
/// of the page as ends with that element is enough. Hostile text still.
std::string title_of_page(std::string_view html);

}  // namespace hardline
