#include "hardline/wire/oob.hpp"

#include "hardline/base/json.hpp"
#include "hardline/base/text.hpp"

namespace hardline::wire {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxErrorCode = 40;   // octets; ours have at most 18
constexpr std::size_t kMaxErrorText = 200;  // octets
constexpr const char* kPassword = "password";
constexpr const char* kWanHosts = "WANHosts";
constexpr const char* kError = "error";
constexpr const char* kErrorCode = "code";
constexpr const char* kErrorText = "text";

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
  if (line.size() >= kMaxOobLine) return std::nullopt;
  const auto object = parse_json_object(line);
  OobLine read;
  if (!object || !read_string(*object, kPassword, read.password) || !read_string(*object, kWanHosts, read.wan_hosts) ||
      !read_error(*object, read.error))
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
