#include "dashboard_html.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dashboard_texts.hpp"
#include "hardline/base/html.hpp"
#include "hardline/base/text.hpp"
#include "hardline/base/words.hpp"

namespace hardline::dashboard {

using namespace std::chrono_literals;
using std::chrono::seconds;

std::string safe(std::string_view text) {
  return escape_html(clean_text(text, text.size()));
}

std::string isolated(std::string_view text) {
  return "<bdi>" + safe(text) + "</bdi>";
}

std::string hidden(std::string_view text) {
  return "<span class=\"vh\"> " + isolated(text) + "</span>";
}

std::string attribute(std::string_view name, std::string_view value) {
  return fmt::format(" {}=\"{}\"", name, escape_html(value));
}

std::string meta(std::string_view html) {
  return fmt::format("<p class=\"meta\">{}</p>", html);
}

std::string state(std::string_view tone, std::string_view html) {
  return fmt::format("<p class=\"state {}\"><span>{}</span></p>", tone, html);
}

std::string coarse_age(seconds age) {
  return age < 1min ? std::string(texts::kJustNow) : ago(age);
}

std::string heard_ago(std::chrono::milliseconds age) {
  if (age < 8s) return std::string(texts::kJustNow);
  if (age >= 55s) return coarse_age(std::max<seconds>(std::chrono::duration_cast<seconds>(age), 1min));
  return ago((age + 5s) / 10s * 10s);
}

std::string time_element(SystemTime then, SystemTime now) {
  const auto age = std::chrono::duration_cast<seconds>(now - then);
  return fmt::format("<time datetime=\"{}\">{}</time>", utc_time(then), coarse_age(age));
}

}  // namespace hardline::dashboard
