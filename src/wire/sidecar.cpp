#include "hardline/wire/sidecar.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>

#include "hardline/base/json.hpp"
#include "hardline/base/utf8.hpp"
#include "hardline/http/grammar.hpp"

namespace hardline::wire {
namespace {

using nlohmann::json;

constexpr const char* kStatus = ":status";
constexpr const char* kTarget = ":target";

/// Lower case, in order.
constexpr std::array<std::string_view, 27> kKept = {
    "access-control-allow-origin",
    "access-control-expose-headers",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-security-policy",
    "content-type",
    "cross-origin-embedder-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "date",
    "etag",
    "expires",
    "feature-policy",
    "last-modified",
    "link",
    "location",
    "permissions-policy",
    "referrer-policy",
    "server",
    "service-worker-allowed",
    "sourcemap",
    "timing-allow-origin",
    "vary",
    "x-content-type-options",
    "x-frame-options",
};

static_assert(std::is_sorted(kKept.begin(), kKept.end()));

constexpr bool is_known_status(int status) {
  return status == 200 || status == 301 || status == 308;
}

/// A header's octets are the characters of the same numbers in JSON, as HardlineP2P's HTTP library reads them: none is
/// lost, and what any old sidecar says is sent as it was sent then. nullopt for a character beyond those.
std::optional<std::string> to_octets(std::string_view text) {
  std::string octets;
  while (!text.empty()) {
    const auto character = first_character(text);
    if (!character || character->code > 0xff) return std::nullopt;
    octets += static_cast<char>(character->code);
    text.remove_prefix(character->length);
  }
  return octets;
}

std::string to_text(std::string_view octets) {
  std::string text;
  for (const char c : octets) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xc0U | octet >> 6U);
      text += static_cast<char>(0x80U | (octet & 0x3fU));
    }
  }
  return text;
}

/// Adds a field, if it is one to keep, to the one of its name if there is one.
void keep(http::HeaderFields& kept, std::string_view name, std::string_view value) {
  if (!is_kept(name) || !http::is_field_value(value)) return;
  const auto found = std::find_if(kept.begin(), kept.end(),
                                  [&](const auto& field) { return equals_ignoring_case(field.first, name); });
  if (found == kept.end())
    kept.emplace_back(name, trim(value));
  else
    http::join_value(found->second, trim(value));
}

/// False for a value that means nothing there.
bool read_member(Sidecar& sidecar, const std::string& name, const json& value) {
  if (name == kStatus) {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > 999) return false;
    sidecar.status = value.get<int>();
    return is_known_status(sidecar.status);
  }
  if (name == kTarget) {
    if (!value.is_string()) return false;
    sidecar.target = value.get<std::string>();
    return true;
  }
  if (!value.is_string()) return true;
  if (const auto octets = to_octets(value.get_ref<const std::string&>())) keep(sidecar.fields, name, *octets);
  return true;
}

std::string as_json(const Sidecar& sidecar, const http::HeaderFields& fields) {
  auto object = json::object();
  if (sidecar.status != 200) object[kStatus] = sidecar.status;
  if (!sidecar.target.empty()) object[kTarget] = sidecar.target;
  for (const auto& [name, value] : fields) object[name] = to_text(value);
  return object.dump(1, ' ', false, json::error_handler_t::replace) + '\n';
}

}  // namespace

bool is_kept(std::string_view field_name) {
  return std::binary_search(kKept.begin(), kKept.end(), to_lower(field_name), std::less<>());
}

std::optional<Sidecar> parse_sidecar(std::string_view text) {
  if (text.size() > kMaxSidecar) return std::nullopt;
  const auto object = parse_json_object(text);
  if (!object) return std::nullopt;
  Sidecar sidecar;
  for (const auto& [name, value] : object->items())
    if (!read_member(sidecar, name, value)) return std::nullopt;
  return sidecar;
}

std::string format_sidecar(const Sidecar& sidecar) {
  http::HeaderFields fields;
  for (const auto& [name, value] : sidecar.fields) keep(fields, name, value);
  auto text = as_json(sidecar, fields);
  while (text.size() > kMaxSidecar && !fields.empty()) {
    fields.erase(std::max_element(fields.begin(), fields.end(),
                                  [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); }));
    text = as_json(sidecar, fields);
  }
  return text;
}

}  // namespace hardline::wire
