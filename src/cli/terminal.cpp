#include "terminal.hpp"

#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include <cstdlib>

namespace hardline::cli {
namespace {

/// Of a terminal that does not say how large it is, as a serial line's (termios(4): both are 0).
constexpr std::size_t kUsualColumns = 80;
constexpr std::size_t kUsualRows = 24;

constexpr std::string_view kEllipsis = "…";

/// mbrtowc(3) and wcwidth(3) go by the thread's locale; this one is part of glibc (C.UTF-8 since 2.35).
class Utf8Locale {
 public:
  Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{})) {
    if (locale_) before_ = ::uselocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;
  ~Utf8Locale() {
    if (!locale_) return;
    ::uselocale(before_);
    ::freelocale(locale_);
  }

 private:
  locale_t locale_;
  locale_t before_{};
};

struct Glyph {
  std::size_t octets;
  std::size_t columns;
};

/// The character at the start of `text`, which is not empty. What is none counts as one column: something is shown.
Glyph first_glyph(std::string_view text) {
  wchar_t code{};
  mbstate_t state{};
  const auto octets = ::mbrtowc(&code, text.data(), text.size(), &state);
  if (octets == 0 || octets > text.size()) return {1, 1};
  const int columns = ::wcwidth(code);
  return {octets, columns < 0 ? 1 : static_cast<std::size_t>(columns)};
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value && *value;
}

bool knows_colours() {
  const char* kind = std::getenv("TERM");
  return kind && *kind && std::string_view(kind) != "dumb" && !is_set("NO_COLOR");
}

/// Select Graphic Rendition (ECMA-48 section 8.3.117); colours of the terminal's own palette, which suit its
/// background.
std::string_view rendition(Tone tone) {
  switch (tone) {
    case Tone::heading: return "1";
    case Tone::good: return "32";
    case Tone::bad: return "31";
    case Tone::faint: return "2";
    case Tone::plain: break;
  }
  return "";
}

}  // namespace

std::string Terminal::paint(Tone tone, std::string_view text) const {
  const auto code = rendition(tone);
  if (!colour || code.empty() || text.empty()) return std::string(text);
  return std::string("\x1b[").append(code).append("m").append(text).append("\x1b[0m");
}

Terminal standard_output() {
  Terminal terminal;
  terminal.interactive = ::isatty(STDOUT_FILENO) == 1;
  if (!terminal.interactive) return terminal;
  terminal.colour = knows_colours();
  winsize size{};
  const bool told = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
  terminal.columns = told && size.ws_col > 0 ? size.ws_col : kUsualColumns;
  terminal.rows = told && size.ws_row > 0 ? size.ws_row : kUsualRows;
  return terminal;
}

std::size_t display_width(std::string_view text) {
  const Utf8Locale utf8;
  std::size_t columns = 0;
  while (!text.empty()) {
    const auto glyph = first_glyph(text);
    columns += glyph.columns;
    text.remove_prefix(glyph.octets);
  }
  return columns;
}

std::string cut_to_width(std::string_view text, std::size_t columns) {
  if (display_width(text) <= columns) return std::string(text);
  const Utf8Locale utf8;
  std::string kept;
  std::size_t used = 1;  // the ellipsis
  while (!text.empty()) {
    const auto glyph = first_glyph(text);
    if (used + glyph.columns > columns) break;
    used += glyph.columns;
    kept += text.substr(0, glyph.octets);
    text.remove_prefix(glyph.octets);
  }
  return kept.append(kEllipsis);
}

}  // namespace hardline::cli
