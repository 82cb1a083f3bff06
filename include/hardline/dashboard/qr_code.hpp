// QR codes (ISO/IEC 18004) of links, by libqrencode: for a page, and for a terminal.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hardline::dashboard {

/// Longest text, in octets, that is made one of: well above any link.
inline constexpr std::size_t kMaxQrText = 512;

/// Whether this build has libqrencode. Where it has not, there is no code of any text.
bool has_qr_codes();

/// An SVG image, black on white whatever the page's colours, with the quiet zone of four modules; error correction M.
/// nullopt for an empty text and one that is too long.
std::optional<std::string> qr_svg(std::string_view text);

/// Lines of half blocks, black on white by ANSI colours where `colour`; else as a terminal of light letters on dark
/// shows it right.
std::optional<std::string> qr_terminal(std::string_view text, bool colour);

}  // namespace hardline::dashboard
