#include "quantity.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "hardline/base/ascii.hpp"

namespace hardline::store {
namespace {

constexpr std::string_view kDigits = "0123456789";

/// More would only be lost in a double.
constexpr std::size_t kMaxFractionDigits = 9;

std::optional<std::uint64_t> octets_of_unit(std::string_view word, std::uint64_t otherwise) {
  const auto unit = to_lower(word);
  if (unit.empty()) return otherwise;
  if (unit == "b") return 1;
  const auto power = std::string_view("kmgt").find(unit.front());
  const auto rest = std::string_view(unit).substr(1);
  if (power == std::string_view::npos || !(rest.empty() || rest == "b" || rest == "ib")) return std::nullopt;
  return std::uint64_t{1024} << (10 * power);
}

/// 0.5 for `.5`, 0 for nothing.
std::optional<double> parse_fraction(std::string_view text) {
  if (text.empty()) return 0.0;
  const auto digits = text.substr(1);
  if (digits.empty() || digits.size() > kMaxFractionDigits) return std::nullopt;
  double value = 0, place = 1;
  for (const char digit : digits) value += (digit - '0') * (place /= 10);
  return value;
}

}  // namespace

std::optional<std::uint64_t> parse_octets(std::string_view text, std::uint64_t unit) {
  const auto whole_ends = std::min(text.find_first_not_of(kDigits), text.size());
  auto number_ends = whole_ends;
  if (number_ends < text.size() && text[number_ends] == '.')
    number_ends = std::min(text.find_first_not_of(kDigits, number_ends + 1), text.size());
  const auto unit_begins = std::min(text.find_first_not_of(' ', number_ends), text.size());

  std::uint64_t whole = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + whole_ends, whole);
  const auto fraction = parse_fraction(text.substr(whole_ends, number_ends - whole_ends));
  const auto octets = octets_of_unit(text.substr(unit_begins), unit);
  if (error != std::errc() || !fraction || !octets) return std::nullopt;

  std::uint64_t product = 0, sum = 0;
  if (__builtin_mul_overflow(whole, *octets, &product)) return std::nullopt;
  const auto part = static_cast<std::uint64_t>(std::ceil(*fraction * static_cast<double>(*octets)));
  if (__builtin_add_overflow(product, part, &sum) || sum > std::numeric_limits<std::int64_t>::max())
    return std::nullopt;
  return sum;
}

}  // namespace hardline::store
