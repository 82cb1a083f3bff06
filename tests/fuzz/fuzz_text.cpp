// Strangers' text comes out as one line of valid UTF-8, no longer than asked for.
#include <nlohmann/json.hpp>

#include "fuzz.hpp"
#include "hardline/base/text.hpp"

namespace {

using hardline::fuzz::require;

/// By another decoder than ours: the JSON library refuses to write what is not UTF-8.
bool is_utf8(const std::string& text) {
  try {
    return !nlohmann::json(text).dump().empty();
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

bool is_plain(std::string_view text) {
  for (char c : text)
    if (c < ' ' || c > '~') return false;
  return text.empty() || (text.front() != ' ' && text.back() != ' ');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::size_t max_octets = size == 0 ? 0 : data[0];
  const auto text = hardline::fuzz::as_text(data, size).substr(size == 0 ? 0 : 1);
  const auto clean = hardline::clean_text(text, max_octets);
  require(clean.size() <= max_octets, "it is no longer than asked for");
  require(is_utf8(clean), "it is UTF-8");
  require(hardline::clean_text(clean, max_octets) == clean, "cleaning twice changes nothing");
  for (unsigned char c : clean) require(c >= ' ' && c != 0x7f, "it has no control characters");
  require(clean.empty() || (clean.front() != ' ' && clean.back() != ' '), "it has no spaces at its ends");
  if (is_plain(text) && text.size() <= max_octets) require(clean == text, "plain text stays as it is");
  return 0;
}
