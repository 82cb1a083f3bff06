// Text from strangers inside of HTML (the Living Standard, section 13.1).
#pragma once

#include <string>
#include <string_view>

namespace hardline {

/// `text` for an element's content or a quoted attribute.
std::string escape_html(std::string_view text);

}  // namespace hardline
