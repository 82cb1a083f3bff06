#include "hardline/http/range.hpp"

#include <algorithm>
#include <limits>

#include "hardline/http/grammar.hpp"

namespace hardline::http {
namespace {

constexpr std::string_view kUnit = "bytes=";  // range units are compared ignoring case (RFC 9110 section 14.1)
constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();

/// `FIRST-LAST`, `FIRST-` or, without a first, `-LENGTH`.
struct RangeSpec {
  std::optional<std::uint64_t> first;
  std::uint64_t last_or_length = kMost;
};

/// A number that no file reaches is as good as any other such number.
std::optional<std::uint64_t> parse_position(std::string_view digits) {
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
  std::uint64_t position = 0;
  for (const char c : digits) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (position > (kMost - digit) / 10) return kMost;
    position = position * 10 + digit;
  }
  return position;
}

std::optional<RangeSpec> parse_spec(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  RangeSpec spec;
  if (dash > 0) {
    spec.first = parse_position(text.substr(0, dash));
    if (!spec.first) return std::nullopt;
    if (dash + 1 == text.size()) return spec;
  }
  const auto last_or_length = parse_position(text.substr(dash + 1));
  if (!last_or_length || (spec.first && *last_or_length < *spec.first)) return std::nullopt;
  spec.last_or_length = *last_or_length;
  return spec;
}

/// Of a header that need not be heeded, nullopt.
std::optional<std::vector<RangeSpec>> parse_specs(std::string_view value) {
  value = trim(value);
  if (!equals_ignoring_case(value.substr(0, kUnit.size()), kUnit)) return std::nullopt;
  std::vector<RangeSpec> specs;
  std::string_view rest = value.substr(kUnit.size());
  while (!rest.empty()) {
    const auto element = trim(take_until(rest, ','));
    if (element.empty()) continue;  // RFC 9110 section 5.6.1.2
    const auto spec = parse_spec(element);
    if (!spec || specs.size() == kMaxRanges) return std::nullopt;
    specs.push_back(*spec);
  }
  if (specs.empty()) return std::nullopt;
  return specs;
}

/// What of it lies in a file of `size` octets, which is not empty.
std::optional<ByteRange> placed(const RangeSpec& spec, std::uint64_t size) {
  if (!spec.first) {
    const auto length = std::min(spec.last_or_length, size);
    if (length == 0) return std::nullopt;
    return ByteRange{size - length, length};
  }
  if (*spec.first >= size) return std::nullopt;
  return ByteRange{*spec.first, std::min(spec.last_or_length, size - 1) - *spec.first + 1};
}

/// The last octets of an empty file are all of it, which no 206 can say: Content-Range names a first octet.
bool asks_for_last_of_nothing(const std::vector<RangeSpec>& specs, std::uint64_t size) {
  return size == 0 && std::any_of(specs.begin(), specs.end(),
                                  [](const RangeSpec& spec) { return !spec.first && spec.last_or_length > 0; });
}

}  // namespace

RangeRequest parse_range(std::string_view value, std::uint64_t size) {
  const auto specs = parse_specs(value);
  if (!specs || asks_for_last_of_nothing(*specs, size)) return {};
  RangeRequest request{RangeRequest::Kind::parts, {}};
  std::uint64_t sum = 0;
  for (const auto& spec : *specs) {
    const auto part = size == 0 ? std::nullopt : placed(spec, size);
    if (!part) continue;
    if (part->length > size - sum) return {};
    sum += part->length;
    request.parts.push_back(*part);
  }
  if (request.parts.empty()) request.kind = RangeRequest::Kind::unsatisfiable;
  return request;
}

}  // namespace hardline::http
