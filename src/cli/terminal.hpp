// What standard output is: a terminal with a width and perhaps colours, or a file or pipe, which gets plain text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hardline::cli {

enum class Tone { plain, heading, good, bad, faint };

struct Terminal {
  bool interactive = false;  ///< a person sits there
  bool colour = false;       ///< never with NO_COLOR (no-color.org), TERM=dumb, or without a terminal
  std::size_t columns = 0;   ///< 0: as many as a line needs
  std::size_t rows = 0;      ///< 0: as many as there are lines

  /// `text` in the colour of its tone, where colours are shown.
  std::string paint(Tone tone, std::string_view text) const;
};

/// As it is now: windows change their size.
Terminal standard_output();

/// Columns that a terminal needs for `text`, one line of UTF-8: two for each character of East Asia, none for a mark
/// that combines with the one before.
std::size_t display_width(std::string_view text);

/// `text`, or as much of it as fits, with `…` at its end. `columns` is at least 1.
std::string cut_to_width(std::string_view text, std::size_t columns);

}  // namespace hardline::cli
