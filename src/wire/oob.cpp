#include "hardline/wire/oob.hpp"

#include <nlohmann/json.hpp>

#include "hardline/wire/text.hpp"

namespace hardline::wire {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxDepth = 8;        // known keys need 2; the rest is for newer peers' unknown ones
constexpr std::size_t kMaxErrorCode = 40;   // octets; ours have at most 18
constexpr std::size_t kMaxErrorText = 200;  // octets
constexpr const char* kPassword = "password";
constexpr const char* kWanHosts = "WANHosts";
constexpr const char* kError = "error";
constexpr const char* kErrorCode = "code";
constexpr const char* kErrorText = "text";

/// Where the string that opens at `quote` closes.
std::size_t end_of_string(std::string_view text, std::size_t quote) {
  auto at = quote + 1;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return at;
}

/// Counts brackets outside of strings: 16 KiB of `[` are refused before the parser builds anything of them.
bool nests_too_deep(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') i = end_of_string(text, i);
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && depth > 0) --depth;
    if (depth > kMaxDepth) return true;
  }
  return false;
}

/// Reads the string at `key`, if there is one, into `value`. False for a value of another type.
bool read_string(const json& object, const char* key, std::optional<std::string>& value) {
  const auto found = object.find(key);
  if (found == object.end()) return true;
  if (!found->is_string()) return false;
  value = found->get<std::string>();
  return true;
}

bool read_error(const json& object, std::optional<OobError>& error) {
  const auto found = object.find(kError);
  if (found == object.end()) return true;
  std::optional<std::string> code;
  std::optional<std::string> text;
  if (!found->is_object() || !read_string(*found, kErrorCode, code) || !read_string(*found, kErrorText, text) || !code)
    return false;
  error = OobError{clean_text(*code, kMaxErrorCode), clean_text(text.value_or(""), kMaxErrorText)};
  return true;
}

}  // namespace

std::optional<OobLine> parse_oob(std::string_view line) {
  if (line.size() >= kMaxOobLine || nests_too_deep(line)) return std::nullopt;
  if (line.find('\0') != std::string_view::npos) return std::nullopt;  // the JSON parser would stop there, content
  const auto object = json::parse(line, nullptr, false);
  OobLine read;
  if (!object.is_object() || !read_string(object, kPassword, read.password) ||
      !read_string(object, kWanHosts, read.wan_hosts) || !read_error(object, read.error))
    return std::nullopt;
  return read;
}

std::string format_oob(const OobLine& line) {
  auto object = json::object();
  if (line.password) object[kPassword] = *line.password;
  if (line.wan_hosts) object[kWanHosts] = *line.wan_hosts;
  if (line.error) {
    auto& error = object[kError];
    error[kErrorCode] = clean_text(line.error->code, kMaxErrorCode);
    error[kErrorText] = clean_text(line.error->text, kMaxErrorText);
  }
  return object.dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
}

}  // namespace hardline::wire
