#include "hardline/http/cacheability.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "hardline/http/date.hpp"
#include "hardline/http/grammar.hpp"

namespace hardline::http {
namespace {

using std::chrono::seconds;

constexpr auto kMostAge = std::chrono::duration_cast<seconds>(std::chrono::years(10));

/// The elements of all fields of this name; none where there is no such field.
std::vector<std::string> elements_of(const HeaderFields& fields, std::string_view name) {
  std::vector<std::string> elements;
  const auto value = join_fields(fields, name).value_or("");
  for (const auto element : split_elements(value, ','))
    if (!element.empty()) elements.emplace_back(element);
  return elements;
}

/// Servers are often told to say `no-cache; no-store`: a semicolon separates, too.
std::vector<Parameter> directives_of(const HeaderFields& fields) {
  std::vector<Parameter> directives;
  for (const auto& element : elements_of(fields, "Cache-Control"))
    for (const auto part : split_elements(element, ';'))
      if (auto directive = parse_parameter(part)) directives.push_back(*std::move(directive));
  return directives;
}

/// What cannot be read is no age at all.
seconds parse_age(const std::optional<std::string>& text) {
  if (!text || text->empty() || !std::all_of(text->begin(), text->end(), is_digit)) return seconds::zero();
  seconds age{};
  for (const char c : *text) age = std::min(age * 10 + seconds(c - '0'), kMostAge);
  return age;
}

void set_least(std::optional<seconds>& least, seconds age) {
  least = std::min(least.value_or(age), age);
}

/// Expires counts from Date, and what is no date has passed (RFC 9111 sections 4.2.1 and 5.3).
std::optional<seconds> expiry_of(const HeaderFields& fields) {
  const auto expires = find_field(fields, "Expires");
  if (!expires) return std::nullopt;
  const auto end = parse_http_date(*expires);
  const auto begin = parse_http_date(find_field(fields, "Date").value_or(""));
  if (!end || !begin || *end < *begin) return seconds::zero();
  return std::min(std::chrono::duration_cast<seconds>(*end - *begin), kMostAge);
}

/// RFC 9110 section 12.4.2: `0`, `0.`, `0.0` to `0.000`. What is no weight is taken for one of nothing.
bool is_refused(std::string_view weight) {
  return !weight.starts_with('1') && weight.find_first_of("123456789") == std::string_view::npos;
}

struct Coding {
  std::string name;  ///< lower case
  bool taken = true;
};

Coding parse_coding(std::string_view element) {
  const auto parts = split_elements(element, ';');
  Coding coding{to_lower(parts.front()), true};
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto parameter = parse_parameter(parts[i]);
    if (parameter && parameter->name == "q" && is_refused(parameter->value.value_or(""))) coding.taken = false;
  }
  return coding;
}

bool has(const HeaderFields& fields, std::string_view name) {
  return find_field(fields, name).has_value();
}

bool varies_on_encoding_at_most(const HeaderFields& fields) {
  const auto names = elements_of(fields, "Vary");
  return std::all_of(names.begin(), names.end(),
                     [](const std::string& name) { return equals_ignoring_case(name, "Accept-Encoding"); });
}

}  // namespace

CacheControl parse_cache_control(const HeaderFields& fields) {
  CacheControl control;
  std::optional<seconds> shared_age;
  for (const auto& [name, value] : directives_of(fields)) {
    if (name == "no-store") control.no_store = true;
    if (name == "private") control.is_private = true;
    if (name == "no-cache") control.no_cache = true;
    if (name == "max-age") set_least(control.max_age, parse_age(value));
    if (name == "s-maxage") set_least(shared_age, parse_age(value));
  }
  if (shared_age) control.max_age = shared_age;
  if (!control.max_age) control.max_age = expiry_of(fields);
  return control;
}

bool is_storable(int status, const HeaderFields& fields) {
  const auto control = parse_cache_control(fields);
  return (status == 200 || status == 301 || status == 308) && !control.is_private && !control.no_store &&
         !has(fields, "Set-Cookie") && !has(fields, "Set-Cookie2") && !has(fields, "Content-Range") &&
         varies_on_encoding_at_most(fields);
}

bool is_gzip(const HeaderFields& fields) {
  const auto coding = join_fields(fields, "Content-Encoding").value_or("");
  return equals_ignoring_case(coding, "gzip") || equals_ignoring_case(coding, "x-gzip");
}

bool accepts_gzip(const HeaderFields& request) {
  std::optional<bool> named;
  bool any = false;
  for (const auto& element : elements_of(request, "Accept-Encoding")) {
    const auto coding = parse_coding(element);
    if (coding.name == "gzip" || coding.name == "x-gzip") named = named.value_or(true) && coding.taken;
    if (coding.name == "*") any = coding.taken;
  }
  return named.value_or(any);
}

bool is_hop_by_hop(std::string_view name, const HeaderFields& fields) {
  static constexpr std::array<std::string_view, 10> kOfOneConnection = {"connection",
                                                                        "keep-alive",
                                                                        "proxy-connection",
                                                                        "proxy-authenticate",
                                                                        "proxy-authorization",
                                                                        "proxy-authentication-info",
                                                                        "te",
                                                                        "trailer",
                                                                        "transfer-encoding",
                                                                        "upgrade"};
  const auto is_name = [&](std::string_view other) { return equals_ignoring_case(name, other); };
  if (std::any_of(kOfOneConnection.begin(), kOfOneConnection.end(), is_name)) return true;
  const auto named = elements_of(fields, "Connection");
  return std::any_of(named.begin(), named.end(), is_name);
}

}  // namespace hardline::http
