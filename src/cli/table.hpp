// Aligned columns of text, for a person at a terminal and for programs behind a pipe.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "terminal.hpp"

namespace hardline::cli {

struct Column {
  std::string heading;
  enum class Room {
    whole,     ///< always shown in full
    cut,       ///< shortened where the terminal is too narrow
    own_line,  ///< in full, on a line of its own where the terminal is too narrow: links, which people copy
  } room = Room::whole;
};

struct Cell {
  Cell(std::string text, Tone tone = Tone::plain) : text(std::move(text)), tone(tone) {}
  Cell(const char* text, Tone tone = Tone::plain) : text(text), tone(tone) {}

  std::string text;
  Tone tone = Tone::plain;
};

/// Two spaces between columns, none at a line's end. Cells may hold text from strangers: whatever a terminal would obey
/// is replaced (visible_text()).
class Table {
 public:
  /// Without headings, and never shortened: a report's.
  Table() = default;
  /// With them. A column that is empty in every row is left out; an empty cell of another is a dash, so that columns
  /// can be counted.
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void add(std::vector<Cell> row);
  bool empty() const { return rows_.empty(); }

  /// Each line begins with `indent` spaces.
  std::string text(const Terminal& terminal, std::size_t indent = 0) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace hardline::cli
