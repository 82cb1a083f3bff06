// Text from strangers inside of HTML (the Living Standard, section 13.1).
#pragma once

#include <string>
#include <string_view>

namespace hardline {

/// `text` for an element's content or a quoted attribute.
std::string escape_html(std::string_view text);

/// The inverse, and more: the references of XML 1.0 section 4.6, `&nbsp;` and all that are numbers become the
/// characters that they name, in UTF-8. Left out is what is no character (a surrogate, a number that is too large); any
/// other `&` stays as it is.
std::string decode_html(std::string_view text);

}  // namespace hardline
