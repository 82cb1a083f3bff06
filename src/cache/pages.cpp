#include "pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <compare>
#include <optional>
#include <tuple>
#include <utility>

#include "hardline/base/ascii.hpp"
#include "hardline/base/html.hpp"
#include "hardline/base/percent.hpp"
#include "hardline/base/text.hpp"
#include "hardline/base/words.hpp"
#include "hardline/web/page.hpp"
#include "hardline/wire/cache_target.hpp"

namespace hardline::cache {
namespace {

constexpr std::string_view kListingStyle = R"(
body{place-items:start center}
main{max-width:52rem}
h1{white-space:pre-wrap}
a{color:inherit;text-decoration:underline 1px var(--line);text-underline-offset:.25em}
a:hover,a:focus-visible{color:var(--mark);text-decoration-color:currentcolor}
nav{margin:-.5rem 0 1rem}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);font-size:.85rem;padding-bottom:.7rem}
th,td{padding:.4rem 0 .4rem 1.2rem;text-align:right;font-weight:400;white-space:nowrap;vertical-align:baseline}
th:first-child{padding-left:0;text-align:left;width:100%}
tr>*{border-top:1px solid var(--line)}
thead th{border-top:0;font-size:.85rem;color:var(--soft)}
[aria-sort]{font-weight:600}
[aria-sort]>a::after{content:" \2191"}
[aria-sort=descending]>a::after{content:" \2193"}
tbody th{white-space:pre-wrap;overflow-wrap:anywhere}
.folder{font-weight:600}
td{color:var(--soft);font-size:.9rem}
@media(max-width:36rem){body{padding:0}main{border:0;border-radius:0;min-height:100vh;padding:1.2rem}
th,td{padding-left:.9rem}.hour{display:none}}
)";

/// A line of a listing.
struct Row {
  std::string name;  ///< as people know it, unescaped
  std::string link;  ///< relative; begins with `./`, so that no name is taken for a scheme
  bool is_folder = false;
  bool is_copy = false;
  std::uint64_t size = 0;
  FileTime modified;
};

/// The line of a copy, if its name says what it is one of.
std::optional<Row> row_of_copy(const FolderEntry& entry) {
  const auto target = wire::target_of_copy(entry.name);
  const auto parsed = target ? wire::parse_cache_target(*target) : tl::unexpected(wire::CacheTargetError::malformed);
  if (!parsed || parsed->has_query || parsed->is_folder()) return std::nullopt;
  auto name = parsed->path.substr(1);
  if (wire::is_private(name)) return std::nullopt;
  return Row{std::move(name), '.' + *target, false, true, entry.size, entry.modified};
}

std::optional<Row> row_of(const FolderEntry& entry) {
  if (!entry.is_folder && entry.name.ends_with(wire::kCopySuffix)) return row_of_copy(entry);
  if (wire::is_private(entry.name)) return std::nullopt;
  auto link = "./" + percent_encode(entry.name) + (entry.is_folder ? "/" : "");
  return Row{entry.name, std::move(link), entry.is_folder, false, entry.size, entry.modified};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes the digits off the front of `text`: the number without its leading zeros.
std::string_view take_number(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  auto number = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(number.size());
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return number;
}

/// `File2` before `file10`. Names that are alike in that are in the order of their octets.
std::strong_ordering compare_names(std::string_view a, std::string_view b) {
  const auto whole = a <=> b;
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const auto number_a = take_number(a);
      const auto number_b = take_number(b);
      if (number_a.size() != number_b.size()) return number_a.size() <=> number_b.size();
      if (number_a != number_b) return number_a <=> number_b;
      continue;
    }
    const auto char_a = static_cast<unsigned char>(to_lower(a.front()));
    const auto char_b = static_cast<unsigned char>(to_lower(b.front()));
    if (char_a != char_b) return char_a <=> char_b;
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  return a.size() != b.size() ? a.size() <=> b.size() : whole;
}

std::strong_ordering compare_keys(const Row& a, const Row& b, SortBy by) {
  switch (by) {
    case SortBy::size: return a.is_folder ? std::strong_ordering::equal : a.size <=> b.size;  // folders show none
    case SortBy::modified: return a.modified.time_since_epoch().count() <=> b.modified.time_since_epoch().count();
    case SortBy::name: break;
  }
  return compare_names(a.name, b.name);
}

/// Leaves one of a file and its copy: the file, which is what is served.
void drop_doubles(std::vector<Row>& rows) {
  const auto key = [](const Row& row) { return std::tie(row.name, row.is_folder, row.is_copy); };
  std::sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) { return key(a) < key(b); });
  const auto same = [](const Row& a, const Row& b) { return a.name == b.name && a.is_folder == b.is_folder; };
  rows.erase(std::unique(rows.begin(), rows.end(), same), rows.end());
}

std::vector<Row> rows_of(const std::vector<FolderEntry>& entries, ListingOrder order) {
  std::vector<Row> rows;
  for (const auto& entry : entries)
    if (auto row = row_of(entry)) rows.push_back(std::move(*row));
  drop_doubles(rows);
  std::sort(rows.begin(), rows.end(), [order](const Row& a, const Row& b) {
    if (a.is_folder != b.is_folder) return a.is_folder;
    const auto by_key = order.descending ? compare_keys(b, a, order.by) : compare_keys(a, b, order.by);
    return by_key != 0 ? by_key < 0 : compare_names(a.name, b.name) < 0;
  });
  return rows;
}

/// `<time datetime="2026-11-23T03:10Z">2026-11-23 03:10</time>`, whose hour a narrow window leaves out.
std::string time_element(FileTime when) {
  const auto minutes = std::chrono::floor<std::chrono::minutes>(when);
  const auto day = std::chrono::floor<std::chrono::days>(minutes);
  const std::chrono::year_month_day date(day);
  const auto of_day = (minutes - day).count();
  const auto ymd = fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                               static_cast<unsigned>(date.day()));
  const auto hour = fmt::format("{:02}:{:02}", of_day / 60, of_day % 60);
  return fmt::format("<time datetime=\"{0}T{1}Z\">{0}<span class=\"hour\"> {1}</span></time>", ymd, hour);
}

void append_row(std::string& out, const Row& row) {
  const auto name = escape_html(visible_text(row.name));
  out += fmt::format("<tr><th scope=\"row\"><a href=\"{}\"{}><bdi>{}</bdi>{}</a></th>", escape_html(row.link),
                     row.is_folder ? " class=\"folder\"" : "", name, row.is_folder ? "/" : "");
  if (row.is_folder)
    out += "<td></td>";
  else
    out += fmt::format("<td title=\"{} octets\">{}</td>", row.size, amount_of(row.size));
  out += fmt::format("<td>{}</td></tr>\n", time_element(row.modified));
}

struct Column {
  SortBy by;
  std::string_view key;
  std::string_view heading;
  bool descending_first;  ///< what is large, or new, is what is looked for
};
constexpr std::array<Column, 3> kColumns = {{{SortBy::name, "name", "Name", false},
                                             {SortBy::size, "size", "Size", true},
                                             {SortBy::modified, "modified", "Modified (UTC)", true}}};

/// Each heading sorts by its column; that of the column which is sorted by turns the order round.
void append_head(std::string& out, ListingOrder order) {
  out += "<thead><tr>";
  for (const auto& column : kColumns) {
    const bool current = column.by == order.by;
    const bool descending = current ? !order.descending : column.descending_first;
    const auto state = order.descending ? " aria-sort=\"descending\"" : " aria-sort=\"ascending\"";
    out += fmt::format("<th scope=\"col\"{}><a href=\"?sort={}&amp;order={}\">{}</a></th>", current ? state : "",
                       column.key, descending ? "desc" : "asc", column.heading);
  }
  out += "</tr></thead>\n";
}

/// `3 folders, 12 files, 45 MB`.
std::string summary(const std::vector<Row>& rows) {
  const auto folders = std::count_if(rows.begin(), rows.end(), [](const Row& row) { return row.is_folder; });
  const auto files = std::ssize(rows) - folders;
  std::uint64_t octets = 0;
  for (const auto& row : rows) octets += row.is_folder ? 0 : row.size;
  std::string text;
  if (folders > 0) text += count_of(static_cast<std::uint64_t>(folders), "folder");
  if (files > 0)
    text += (text.empty() ? "" : ", ") + count_of(static_cast<std::uint64_t>(files), "file") + ", " + amount_of(octets);
  return text;
}

}  // namespace

ListingOrder parse_listing_order(std::string_view query) {
  ListingOrder order;
  while (!query.empty()) {
    const auto field = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(field.size() + 1, query.size()));
    for (const auto& column : kColumns)
      if (field == fmt::format("sort={}", column.key)) order.by = column.by;
    if (field == "order=asc" || field == "order=desc") order.descending = field == "order=desc";
  }
  return order;
}

std::string listing_page(std::string_view path, std::vector<FolderEntry> entries, ListingOrder order, bool cut) {
  const auto rows = rows_of(entries, order);
  const auto heading = escape_html(visible_text(path));
  auto out = fmt::format("<h1><bdi>{}</bdi></h1>\n", heading);
  if (path != "/") out += "<nav><a href=\"../\">Parent folder</a></nav>\n";
  if (rows.empty()) {
    out += "<p>There is nothing here.</p>\n";
  } else {
    out += fmt::format("<table>\n<caption>{}</caption>\n", summary(rows));
    append_head(out, order);
    out += "<tbody>\n";
    for (const auto& row : rows) append_row(out, row);
    out += "</tbody>\n</table>\n";
  }
  if (cut) out += "<p>The folder holds more than this page can show.</p>\n";
  return web::html_page(path, out, kListingStyle);
}

}  // namespace hardline::cache
