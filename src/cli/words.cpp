#include "words.hpp"

#include <fmt/format.h>

#include "hardline/base/text.hpp"

namespace hardline::cli {
namespace {

constexpr std::size_t kBriefDigits = 8;

}  // namespace

std::string text_of(const Json& value, std::size_t most) {
  return value.is_null() ? std::string() : clean_text(value.get<std::string>(), most);
}

std::string joined(const Json& texts) {
  std::string all;
  for (const auto& text : texts) all += (all.empty() ? "" : ", ") + text_of(text);
  return all;
}

std::string plural(std::int64_t count, std::string_view one, std::string_view more) {
  return fmt::format("{} {}", count, count == 1 ? one : more);
}

std::string span(std::int64_t seconds) {
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 2 * 3600) return fmt::format("{} min", seconds / 60);
  if (seconds < 48 * 3600) return fmt::format("{} h", seconds / 3600);
  return fmt::format("{} days", seconds / (24 * 3600));
}

std::string milliseconds(std::int64_t count) {
  return count < 10'000 ? fmt::format("{} ms", count) : fmt::format("{} s", count / 1000);
}

std::string octets(std::uint64_t count) {
  if (count < 1024) return fmt::format("{} octets", count);
  if (count < 1024 * 1024) return fmt::format("{} KiB", count / 1024);
  return fmt::format("{:.1f} MiB", static_cast<double>(count) / (1024 * 1024));
}

std::string brief(const Json& key_hash) {
  return key_hash.get<std::string>().substr(0, kBriefDigits) + "…";
}

}  // namespace hardline::cli
