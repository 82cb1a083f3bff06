// No request names a file outside of the folder, a hidden one or one of the folder's own, and no two share a copy.
#include <algorithm>
#include <string>

#include "fuzz.hpp"
#include "hardline/wire/cache_target.hpp"

namespace {

using namespace hardline::wire;
using hardline::fuzz::require;

constexpr std::string_view kCopySuffix = "@http";
constexpr std::size_t kLongestFileName = 255;  // NAME_MAX

template <typename Rule>
void each_component(std::string_view name, Rule rule) {
  while (!name.empty()) {
    const auto end = name.find('/');
    rule(name.substr(0, end));
    name.remove_prefix(end == std::string_view::npos ? name.size() : end + 1);
  }
}

void check_target(const CacheTarget& parsed) {
  const auto& target = parsed.target;
  require(target.starts_with('/') && target.size() <= kMaxCacheTarget, "a target is in origin-form and bounded");
  for (const char c : target) require(c > ' ' && c <= '~' && c != '\\' && c != '#', "a target can be sent");
  const auto again = parse_cache_target(target);
  require(again.has_value() && *again == parsed, "a target is normalised");
  require(parsed.path.starts_with('/'), "a path is absolute");
  require(parsed.path.find('@') == std::string::npos, "a path names nothing of the folder's own");
  require(parsed.path.find('\\') == std::string::npos && parsed.path.find('\0') == std::string::npos,
          "a path has slashes and no end but its own");
  each_component(parsed.path, [](auto part) { require(part != "." && part != "..", "a path leads down"); });
  require(parsed.has_query == (target.find('?') != std::string::npos), "a query begins with its mark");
}

void check_copy(const CacheTarget& parsed) {
  const std::string_view copy = parsed.copy;
  require(copy.ends_with(kCopySuffix), "a copy is marked");
  const auto stem = copy.substr(0, copy.size() - kCopySuffix.size());
  require(stem.size() <= kMaxCacheName, "a copy's name is bounded");
  require(stem.find('@') == std::string_view::npos, "a copy is marked once");
  for (const char c : stem) require(c > ' ' && c <= '~' && c != '\\' && c != '?', "a copy's name is plain");
  require(!copy.starts_with('/'), "a copy's name is relative");
  each_component(copy, [](auto part) {
    require(!part.empty() && !part.starts_with('.'), "a copy is no hidden file, and its folders have names");
    require(part.size() + std::string_view(".headers").size() <= kLongestFileName, "a sidecar's name fits");
  });
  if (const auto target = target_of_copy(copy))
    require(*target == parsed.target, "a copy's name is that of one target");
  else
    require(stem.size() == 32 && stem.find_first_not_of("0123456789abcdef") == std::string_view::npos,
            "a name that is no hash tells its target");
}

void check_manual(const CacheTarget& parsed) {
  require(parsed.manual.has_value() == parsed.mako.has_value(), "templates are files made by hand");
  if (!parsed.manual) return;
  require('/' + *parsed.manual == parsed.path, "a file's name is the path");
  const auto path = parsed.target.substr(0, parsed.target.find('?'));
  require(std::count(path.begin(), path.end(), '/') == std::count(parsed.path.begin(), parsed.path.end(), '/'),
          "a file's folders are those that were asked for");
  require(*parsed.mako == *parsed.manual + "@mako", "a template is marked");
  each_component(*parsed.manual, [](auto part) {
    require(!part.empty() && !is_private(part), "what is private is not served");
    require(part.front() != '.', "what is hidden is private");
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = hardline::fuzz::as_text(data, size);
  if (const auto parsed = parse_cache_target(input)) {
    check_target(*parsed);
    check_copy(*parsed);
    check_manual(*parsed);
  }
  // The same octets as a file that a listing came upon.
  if (const auto target = target_of_copy(input)) {
    const auto parsed = parse_cache_target(*target);
    require(parsed.has_value() && parsed->target == *target && parsed->copy == input, "a copy is found where it is");
  }
  require(sidecar_name(input).ends_with("@http.headers") && is_private(sidecar_name(input)), "sidecars are private");
  if (begins_as_pem(input)) require(input.find("-----BEGIN ") != std::string_view::npos, "PEM begins as it does");
  return 0;
}
