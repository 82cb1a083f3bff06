#include "hardline/http/conditions.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "hardline/http/date.hpp"
#include "hardline/http/grammar.hpp"

namespace hardline::http {
namespace {

using std::chrono::system_clock;

/// RFC 9110 section 8.8.3.
struct EntityTag {
  bool weak = false;
  std::string_view opaque;  ///< with its quotes; empty for none, which is like no other
};

bool is_like(const EntityTag& a, const EntityTag& b) {
  return !a.opaque.empty() && a.opaque == b.opaque;
}

/// Section 8.8.3.2.
bool is_strongly_like(const EntityTag& a, const EntityTag& b) {
  return is_like(a, b) && !a.weak && !b.weak;
}

bool is_tag_char(char c) {
  return c != '"' && static_cast<unsigned char>(c) > ' ' && c != '\x7f';
}

/// Takes the tag at the start of `rest`. There is no escaping in it, but there may be commas.
std::optional<EntityTag> take_tag(std::string_view& rest) {
  EntityTag tag;
  tag.weak = rest.starts_with("W/");
  if (tag.weak) rest.remove_prefix(2);
  if (!rest.starts_with('"')) return std::nullopt;
  std::size_t end = 1;
  while (end < rest.size() && is_tag_char(rest[end])) ++end;
  if (end == rest.size() || rest[end] != '"') return std::nullopt;
  tag.opaque = rest.substr(0, end + 1);
  rest.remove_prefix(tag.opaque.size());
  return tag;
}

std::optional<EntityTag> parse_tag(std::string_view text) {
  text = trim(text);
  const auto tag = take_tag(text);
  return text.empty() ? tag : std::nullopt;
}

/// `*`, or the tags of a list; nullopt where there are none or the grammar is broken.
struct TagList {
  bool any = false;
  std::vector<EntityTag> tags;
};
std::optional<TagList> parse_tags(std::string_view text) {
  text = trim(text);
  TagList list;
  list.any = text == "*";
  if (list.any) return list;
  while (!text.empty()) {
    if (!text.starts_with(',')) {
      const auto tag = take_tag(text);
      if (!tag) return std::nullopt;
      list.tags.push_back(*tag);
      text = trim(text);
      if (!text.empty() && !text.starts_with(',')) return std::nullopt;
    }
    if (!text.empty()) text.remove_prefix(1);
    text = trim(text);
  }
  if (list.tags.empty()) return std::nullopt;
  return list;
}

template <typename Comparison>
bool has_current(const TagList& list, const Validators& current, Comparison compare) {
  const auto tag = parse_tag(current.etag).value_or(EntityTag());
  return list.any ||
         std::any_of(list.tags.begin(), list.tags.end(), [&](const EntityTag& one) { return compare(one, tag); });
}

std::optional<system_clock::time_point> find_date(const HeaderFields& request, std::string_view name) {
  const auto value = join_fields(request, name);
  return value ? parse_http_date(trim(*value)) : std::nullopt;
}

/// A header's dates have no fractions of a second.
std::optional<system_clock::time_point> current_date(const Validators& current) {
  if (!current.last_modified) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(*current.last_modified);
}

/// Whether what the visitor builds upon is still there: If-Match, or else If-Unmodified-Since. One that cannot be read
/// still rules out the date, which says less.
bool is_as_required(const HeaderFields& request, const Validators& current) {
  if (const auto value = join_fields(request, "If-Match")) {
    const auto list = parse_tags(*value);
    return !list || has_current(*list, current, is_strongly_like);
  }
  const auto limit = find_date(request, "If-Unmodified-Since");
  const auto date = current_date(current);
  return !limit || !date || *date <= *limit;
}

/// Whether what the visitor has is what there is: If-None-Match, or else If-Modified-Since.
bool is_what_they_have(const HeaderFields& request, const Validators& current) {
  if (const auto value = join_fields(request, "If-None-Match")) {
    const auto list = parse_tags(*value);
    return list && has_current(*list, current, is_like);
  }
  const auto since = find_date(request, "If-Modified-Since");
  const auto date = current_date(current);
  return since && date && *date <= *since;
}

}  // namespace

Condition evaluate_conditions(const HeaderFields& request, const Validators& current) {
  if (!is_as_required(request, current)) return Condition::precondition_failed;
  return is_what_they_have(request, current) ? Condition::not_modified : Condition::proceed;
}

bool range_is_current(const HeaderFields& request, const Validators& current) {
  const auto value = join_fields(request, "If-Range");
  if (!value) return true;
  if (const auto tag = parse_tag(*value)) return is_strongly_like(*tag, parse_tag(current.etag).value_or(EntityTag()));
  const auto date = parse_http_date(trim(*value));
  return date && date == current_date(current);
}

}  // namespace hardline::http
