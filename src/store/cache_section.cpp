#include "cache_section.hpp"

#include <charconv>

#include "quantity.hpp"
#include "web_server.hpp"

namespace hardline::store {
namespace fs = std::filesystem;
namespace {

/// A hundred years: a longer one is a slip, and no clock here could count it.
constexpr std::int64_t kMaxAge = 100LL * 365 * 24 * 3600;

/// HardlineP2P counted megabytes here: less than this is one of its files, or a slip.
constexpr std::uint64_t kLeastSize = 64 << 10;

constexpr std::uint64_t kMebibyte = 1 << 20;

fs::path read_directory(const ServiceEntries& entries, const IniEntry& entry) {
  fs::path directory = entry.value;
  if (directory.is_absolute()) return directory;
  if (entry.value.starts_with('~'))
    entries.refuse(entry, "must be a whole path, as '~' is not expanded; not '" + entry.value + "'");
  const auto normal = directory.lexically_normal();
  if (normal == "." || *normal.begin() == "..")
    entries.refuse(entry,
                   "must be a folder within the daemon's state folder, as in 'cache/photos', or a whole path, as "
                   "in '/srv/photos'; not '" +
                       entry.value + "'");
  return directory;
}

std::chrono::seconds read_max_age(const ServiceEntries& entries, const IniEntry& entry) {
  std::int64_t seconds = -1;
  const auto* end = entry.value.data() + entry.value.size();
  const auto [stop, error] = std::from_chars(entry.value.data(), end, seconds);
  if (error != std::errc() || stop != end || seconds < 0 || seconds > kMaxAge)
    entries.refuse(entry, "must be a whole number of seconds from 0 to " + std::to_string(kMaxAge) +
                              ", as in '3600' for an hour; not '" + entry.value + "'");
  return std::chrono::seconds(seconds);
}

std::uint64_t read_max_size(const ServiceEntries& entries, const IniEntry& entry) {
  const auto octets = parse_octets(entry.value);
  if (!octets)
    entries.refuse(
        entry, "must be a number of octets, or of k, M or G of them, as in '256M' or '2G'; not '" + entry.value + "'");
  if (*octets < kLeastSize)
    entries.refuse(entry, "is " + std::to_string(*octets) + " octets, and must be at least 64k; for megabytes, which " +
                              "HardlineP2P counted here, write an M after the number, as in '256M'");
  return *octets;
}

std::uint64_t read_rate_limit(const ServiceEntries& entries, const IniEntry& entry) {
  const auto octets = parse_octets(entry.value, kMebibyte);
  if (!octets)
    entries.refuse(entry,
                   "must be a number of megabytes an hour, as in '1200', or with k, M or G as in '2G'; 0 for no "
                   "limit; not '" +
                       entry.value + "'");
  return *octets;
}

}  // namespace

std::optional<CacheSettings> read_cache_section(const ServiceEntries& entries) {
  const auto* directory = entries.find("cache", "directory");
  if (!directory) return std::nullopt;
  CacheSettings cache;
  cache.directory = read_directory(entries, *directory);
  cache.upstream = read_upstream(entries);
  if (const auto* entry = entries.find("cache", "maxage")) cache.max_age = read_max_age(entries, *entry);
  if (const auto* entry = entries.find("cache", "maxsize")) cache.max_size = read_max_size(entries, *entry);
  if (const auto* entry = entries.find("cache", "downloadratelimit"))
    cache.download_rate_limit = read_rate_limit(entries, *entry);
  cache.allow_listing = entries.flag("cache", "allowlisting", cache.allow_listing);
  cache.dynamic_content = entries.flag("cache", "dynamiccontent", cache.dynamic_content);
  return cache;
}

}  // namespace hardline::store
