#include "table.hpp"

#include <algorithm>

#include "hardline/base/text.hpp"

namespace hardline::cli {
namespace {

using Rows = std::vector<std::vector<Cell>>;

constexpr std::size_t kGap = 2;
/// A column is not cut shorter than this: less tells nothing.
constexpr std::size_t kLeastWidth = 8;

struct Layout {
  std::vector<std::size_t> widths;
  std::vector<bool> below;  ///< columns that have a line of their own, under the others
};

bool is_empty(const Rows& rows, std::size_t column) {
  return std::all_of(rows.begin(), rows.end(), [column](const auto& row) { return row[column].text.empty(); });
}

std::vector<std::size_t> widths_of(const Rows& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i].text));
  }
  return widths;
}

std::size_t total(const Layout& layout, std::size_t indent) {
  std::size_t sum = indent, shown = 0;
  for (std::size_t i = 0; i < layout.widths.size(); ++i)
    if (!layout.below[i]) {
      sum += layout.widths[i];
      ++shown;
    }
  return sum + (shown > 0 ? (shown - 1) * kGap : 0);
}

/// Takes from the widest column that may be cut until the lines fit, or nothing can be cut any more.
void cut_to_fit(Layout& layout, const std::vector<Column>& columns, std::size_t indent, std::size_t room) {
  for (auto much = total(layout, indent); much > room; --much) {
    std::size_t widest = columns.size();
    for (std::size_t i = 0; i < columns.size(); ++i)
      if (columns[i].room == Column::Room::cut && layout.widths[i] > kLeastWidth &&
          (widest == columns.size() || layout.widths[i] > layout.widths[widest]))
        widest = i;
    if (widest == columns.size()) return;
    --layout.widths[widest];
  }
}

Layout lay_out(const Rows& rows, const std::vector<Column>& columns, const Terminal& terminal, std::size_t indent) {
  Layout layout{widths_of(rows), {}};
  layout.below.resize(layout.widths.size());
  if (terminal.columns == 0 || columns.empty() || total(layout, indent) <= terminal.columns) return layout;
  for (std::size_t i = 0; i < columns.size(); ++i) layout.below[i] = columns[i].room == Column::Room::own_line;
  cut_to_fit(layout, columns, indent, terminal.columns);
  return layout;
}

/// Spaces are only written before something that follows them.
class Line {
 public:
  Line(const Terminal& terminal, std::size_t indent) : terminal_(terminal), spaces_(indent) {}

  void add(const Cell& cell, std::size_t width) {
    const auto shown = cut_to_width(cell.text, std::max<std::size_t>(width, 1));
    if (!shown.empty()) {
      text_.append(spaces_, ' ').append(terminal_.paint(cell.tone, shown));
      spaces_ = 0;
    }
    spaces_ += width - std::min(width, display_width(shown)) + kGap;
  }

  std::string text() && { return std::move(text_) + "\n"; }

 private:
  const Terminal& terminal_;
  std::size_t spaces_;
  std::string text_;
};

}  // namespace

void Table::add(std::vector<Cell> row) {
  for (auto& cell : row) cell.text = visible_text(cell.text);
  if (!columns_.empty()) row.resize(columns_.size(), Cell(""));
  rows_.push_back(std::move(row));
}

std::string Table::text(const Terminal& terminal, std::size_t indent) const {
  auto columns = columns_;
  auto rows = rows_;
  for (auto i = columns.size(); i-- > 0;) {
    if (!is_empty(rows, i)) continue;
    columns.erase(columns.begin() + static_cast<std::ptrdiff_t>(i));
    for (auto& row : rows) row.erase(row.begin() + static_cast<std::ptrdiff_t>(i));
  }
  if (!columns.empty()) {
    for (auto& row : rows)
      for (auto& cell : row)
        if (cell.text.empty()) cell = {"-", Tone::faint};
    std::vector<Cell> headings;
    for (const auto& column : columns) headings.emplace_back(column.heading, Tone::heading);
    rows.insert(rows.begin(), std::move(headings));
  }

  const auto layout = lay_out(rows, columns, terminal, indent);
  std::string text;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto& row = rows[r];
    Line line(terminal, indent);
    for (std::size_t i = 0; i < row.size(); ++i)
      if (!layout.below[i]) line.add(row[i], layout.widths[i]);
    text += std::move(line).text();
    const bool is_heading = !columns.empty() && r == 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (!layout.below[i] || is_heading) continue;
      Line beneath(terminal, indent + kGap);
      beneath.add(row[i], layout.widths[i]);
      text += std::move(beneath).text();
    }
  }
  return text;
}

}  // namespace hardline::cli
