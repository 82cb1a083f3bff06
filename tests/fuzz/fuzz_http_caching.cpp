// Conditions, and what may be kept. The input is lines of `name: value`, all of them both a request's and an answer's
// headers; ETag and Last-Modified are the file's.
#include <algorithm>
#include <string>

#include "fuzz.hpp"
#include "hardline/http/cacheability.hpp"
#include "hardline/http/conditions.hpp"
#include "hardline/http/date.hpp"
#include "hardline/http/media_type.hpp"

namespace {

using namespace hardline::http;
using hardline::fuzz::require;

HeaderFields read_fields(std::string_view text) {
  HeaderFields fields;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    const auto colon = line.find(':');
    if (colon != std::string_view::npos) fields.emplace_back(line.substr(0, colon), line.substr(colon + 1));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return fields;
}

bool has(const HeaderFields& fields, std::string_view name) {
  return find_field(fields, name).has_value();
}

void check_conditions(const HeaderFields& request) {
  const auto date = find_field(request, "Last-Modified");
  const Validators current{std::string(find_field(request, "ETag").value_or("")),
                           date ? parse_http_date(*date) : std::nullopt};
  const auto condition = evaluate_conditions(request, current);
  if (condition == Condition::not_modified)
    require(has(request, "If-None-Match") || has(request, "If-Modified-Since"), "304 is asked for");
  if (condition == Condition::precondition_failed)
    require(has(request, "If-Match") || has(request, "If-Unmodified-Since"), "412 is asked for");
  if (!has(request, "If-Range")) require(range_is_current(request, current), "a range needs no condition");

  const Validators nothing;
  const auto star = join_fields(request, "If-None-Match").value_or("").find('*') != std::string::npos;
  if (!star) require(evaluate_conditions(request, nothing) != Condition::not_modified, "without validators all is new");
  if (has(request, "If-Range")) require(!range_is_current(request, nothing), "without validators no range is current");

  const Validators strong{"\"a\"", {}};
  HeaderFields same = request;
  std::erase_if(
      same, [](const auto& field) { return find_field({field}, "If-None-Match") || find_field({field}, "If-Match"); });
  same.emplace_back("If-None-Match", "\"a\"");
  require(evaluate_conditions(same, strong) == Condition::not_modified, "the same tag is the same");
}

void check_cacheability(const HeaderFields& answer) {
  const auto control = parse_cache_control(answer);
  if (control.max_age)
    require(*control.max_age >= std::chrono::seconds::zero() && *control.max_age <= std::chrono::years(10),
            "an age is bounded");
  if (is_storable(200, answer)) {
    require(!control.no_store && !control.is_private, "what is private is not kept");
    require(!has(answer, "Set-Cookie") && !has(answer, "Content-Range"), "cookies and parts are not kept");
  }
  require(!is_storable(206, answer) && !is_storable(500, answer), "only whole answers are kept");

  HeaderFields more = answer;
  more.emplace_back("Cache-Control", "no-store");
  const auto before = join_fields(answer, "Cache-Control").value_or("");
  if (before.find('"') == std::string::npos) {
    require(parse_cache_control(more).no_store, "no-store is heard whatever stands before it");
    require(!is_storable(200, more), "no-store is heeded");
  }
  if (accepts_gzip(answer)) require(has(answer, "Accept-Encoding"), "gzip is asked for");
  for (const auto& [name, value] : answer) {
    require(is_hop_by_hop("Connection", answer), "Connection is of one connection");
    (void)is_hop_by_hop(name, answer);
    require(!media_type_of(value).empty(), "everything has a type");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto fields = read_fields(hardline::fuzz::as_text(data, size));
  check_conditions(fields);
  check_cacheability(fields);
  return 0;
}
