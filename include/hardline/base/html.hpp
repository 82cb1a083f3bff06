// Text from strangers inside of HTML (the Living Standard, section 13.1), and the look that the daemon's pages share.
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

/// A card in the middle of the window, light or dark as the reader likes it. For a `style` element.
inline constexpr std::string_view kPageStyle = R"(
:root{color-scheme:light dark;--ink:#1c2430;--paper:#f6f7f9;--card:#fff;--soft:#5b6675;--line:#dde2e9;--mark:#b4400f}
@media(prefers-color-scheme:dark){:root{--ink:#e4e8ee;--paper:#12161c;--card:#1a2029;--soft:#9aa5b4;--line:#2c3542;--mark:#ff9a62}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--paper);color:var(--ink);
font:17px/1.55 system-ui,sans-serif;padding:1.5rem}
main{max-width:38rem;width:100%;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:2rem}
h1{margin:.2rem 0 1rem;font-size:1.5rem;line-height:1.25;overflow-wrap:anywhere}p{overflow-wrap:anywhere}
main>:last-child{margin-bottom:0}
footer{margin-top:1.8rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);font-size:.85rem}
)";

}  // namespace hardline
