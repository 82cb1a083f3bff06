#include "words.hpp"

#include "hardline/base/text.hpp"
#include "hardline/base/words.hpp"

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

std::string span_of(std::int64_t seconds) {
  return hardline::span_of(std::chrono::seconds(seconds));
}

std::string ago(std::int64_t seconds) {
  return hardline::ago(std::chrono::seconds(seconds));
}

std::string brief(const Json& key_hash) {
  return key_hash.get<std::string>().substr(0, kBriefDigits) + "…";
}

}  // namespace hardline::cli
