#include "hardline/wire/cache_target.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "hardline/base/ascii.hpp"
#include "hardline/base/percent.hpp"
#include "hardline/base/utf8.hpp"

namespace hardline::wire {
namespace {

constexpr std::string_view kTemplateSuffix = "@mako";
constexpr std::size_t kHashDigits = 32;  // of an MD5, in hex

/// What may stand as it is in a path besides unreserved characters (RFC 3986 section 3.3); in a query, `?` too (3.4).
constexpr std::string_view kPathCharacters = "!$&'()*+,;=:@/";
constexpr std::string_view kQueryCharacters = "!$&'()*+,;=:@/?";

/// The one way to write `text`: `characters` and the unreserved ones are not encoded, all others are.
std::optional<std::string> normalised(std::string_view text, std::string_view characters) {
  std::string normal;
  while (!text.empty()) {
    const auto octet = take_octet(text);
    if (!octet) return std::nullopt;
    const bool plain = !octet->encoded && characters.find(octet->value) != std::string_view::npos;
    if (plain || is_unreserved(octet->value))
      normal += octet->value;
    else
      append_encoded(normal, octet->value);
  }
  return normal;
}

/// UTF-8 without C0, DEL and C1: those make a line of the log lie.
bool is_clean(std::string_view text) {
  while (!text.empty()) {
    const auto character = first_character(text);
    if (!character || character->code < 0x20 || (character->code >= 0x7f && character->code < 0xa0)) return false;
    text.remove_prefix(character->length);
  }
  return true;
}

bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    const auto segment = take_until(path, '/');
    if (segment == "." || segment == "..") return true;
  }
  return false;
}

/// `path` is decoded.
bool is_safe_path(std::string_view path) {
  return is_clean(path) && path.find('\\') == std::string_view::npos && !has_dot_segment(path);
}

std::optional<std::string> manual_name(std::string_view path) {
  const std::string name(path.substr(1));
  std::string_view rest = name;
  while (!rest.empty()) {
    const auto segment = take_until(rest, '/');
    if (segment.empty() || is_private(segment)) return std::nullopt;
  }
  return name;
}

/// A target's name without its suffix. No component of it is empty or begins with a dot.
std::string quoted(std::string_view target) {
  std::string name;
  char previous = '/';
  for (const char c : target.substr(1)) {
    const bool begins_segment = previous == '/';
    const bool plain = c == '.' || c == '/' ? !begins_segment : is_unreserved(c);
    if (plain)
      name += c;
    else
      append_encoded(name, c);
    previous = c;
  }
  return name;
}

/// HardlineP2P's choice: no more than a short name, and no proof of what was asked for.
std::string md5_in_hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  std::size_t length = 0;
  // "-fips": where the system's policy allows none but approved digests, this one still protects nothing.
  if (EVP_Q_digest(nullptr, "MD5", "-fips", text.data(), text.size(), digest.data(), &length) != 1)
    throw std::runtime_error("OpenSSL has no MD5");
  std::string hex;
  for (std::size_t i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

bool looks_hashed(std::string_view name) {
  return name.size() == kHashDigits &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_hex(c) && c == to_lower(c); });
}

std::string copy_name(std::string_view target) {
  auto name = quoted(target);
  if (name.size() > kMaxCacheName) name = md5_in_hex(name);
  name += kCopySuffix;
  return name;
}

}  // namespace

tl::expected<CacheTarget, CacheTargetError> parse_cache_target(std::string_view target) {
  if (target.size() > kMaxCacheTarget) return tl::unexpected(CacheTargetError::too_long);
  const auto malformed = tl::unexpected(CacheTargetError::malformed);
  if (!target.starts_with('/') || !is_clean(target) || target.find_first_of(" #") != std::string_view::npos)
    return malformed;

  CacheTarget parsed;
  const auto path_length = std::min(target.find('?'), target.size());
  parsed.has_query = path_length < target.size();
  const auto path = normalised(target.substr(0, path_length), kPathCharacters);
  const auto query = normalised(target.substr(std::min(path_length + 1, target.size())), kQueryCharacters);
  if (!path || !query) return malformed;
  parsed.path = *percent_decode(*path);
  if (!is_safe_path(parsed.path)) return malformed;
  if (parsed.path.find('@') != std::string::npos) return tl::unexpected(CacheTargetError::reserved);

  parsed.target = parsed.has_query ? *path + '?' + *query : *path;
  if (parsed.target.size() > kMaxCacheTarget) return tl::unexpected(CacheTargetError::too_long);
  parsed.copy = copy_name(parsed.target);
  const bool has_encoded_slash = path->find("%2F") != std::string::npos;
  if (!has_encoded_slash) parsed.manual = manual_name(parsed.path);
  if (parsed.manual) parsed.mako = *parsed.manual + std::string(kTemplateSuffix);
  return parsed;
}

std::optional<std::string> target_of_copy(std::string_view name) {
  if (!name.ends_with(kCopySuffix)) return std::nullopt;
  const auto stem = name.substr(0, name.size() - kCopySuffix.size());
  const auto rest = percent_decode(stem);
  if (!rest || looks_hashed(stem)) return std::nullopt;
  auto target = '/' + *rest;
  const auto parsed = parse_cache_target(target);
  if (!parsed || parsed->target != target || parsed->copy != name) return std::nullopt;
  return target;
}

bool is_private(std::string_view file_name) {
  static constexpr std::array<std::string_view, 7> kSecrets = {".cert", ".private", ".hash", ".key",
                                                               ".pem",  ".p12",     ".pfx"};
  const auto name = to_lower(file_name);
  return name.starts_with('.') || name.find('@') != std::string::npos ||
         std::any_of(kSecrets.begin(), kSecrets.end(), [&](auto ending) { return name.ends_with(ending); });
}

bool begins_as_pem(std::string_view content) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  constexpr std::string_view kBegin = "-----BEGIN ";
  if (content.starts_with(kByteOrderMark)) content.remove_prefix(kByteOrderMark.size());
  content.remove_prefix(std::min(content.find_first_not_of(" \t\r\n"), content.size()));
  if (!content.starts_with(kBegin)) return false;
  content.remove_prefix(kBegin.size());
  return !content.starts_with("PGP ") || content.starts_with("PGP PRIVATE ");
}

std::string sidecar_name(std::string_view name) {
  if (name.ends_with(kCopySuffix)) name.remove_suffix(kCopySuffix.size());
  std::string sidecar(name);
  sidecar += kSidecarSuffix;
  return sidecar;
}

}  // namespace hardline::wire
