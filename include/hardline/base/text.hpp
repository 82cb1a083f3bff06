// Text from strangers that people will see: titles, cookies, error texts (docs/protocol.md, "LAN discovery" and
// "Tunnel").
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hardline {

/// One line of valid UTF-8 (RFC 3629) of at most `max_octets`, cut between characters, without spaces at its ends.
/// Control characters and line separators become spaces; what is not UTF-8, and the marks that turn the direction of
/// the text around them, are left out. Idempotent. The result is still hostile: it is not escaped for HTML.
std::string clean_text(std::string_view text, std::size_t max_octets);

/// All of `text` as a name that can be told from others: U+FFFD stands for each octet that is not UTF-8, each control
/// character or line separator, and each mark that turns direction. Hostile as well.
std::string visible_text(std::string_view text);

}  // namespace hardline
