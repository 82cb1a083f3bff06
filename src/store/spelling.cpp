#include "hardline/store/spelling.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "hardline/base/ascii.hpp"

namespace hardline::store {
namespace {

/// Levenshtein's: how many letters to add, remove or change.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    auto diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const auto change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = std::exchange(row[j + 1], std::min({row[j] + 1, row[j + 1] + 1, change}));
    }
  }
  return row.back();
}

}  // namespace

std::string_view closest(std::string_view text, std::span<const std::string_view> words) {
  std::string_view best;
  auto least = std::min<std::size_t>(2, text.size() / 2) + 1;  // letters swapped are two slips
  for (const auto word : words) {
    const auto slips = distance(to_lower(text), to_lower(word));
    if (slips < least) {
      least = slips;
      best = word;
    }
  }
  return best;
}

}  // namespace hardline::store
