#include "hardline/base/cache_settings.hpp"

namespace hardline {

std::string to_string(const Upstream& upstream) {
  if (std::holds_alternative<UnixPath>(upstream.where)) return to_string(upstream.where);
  return (upstream.tls ? "https://" : "http://") + to_string(upstream.where);
}

std::string to_string(const ServiceOrigin& origin) {
  if (const auto* address = std::get_if<OriginAddress>(&origin)) return to_string(*address);
  const auto& cache = std::get<CacheSettings>(origin);
  if (cache.upstream) return "cache of " + to_string(*cache.upstream);
  return "folder " + cache.directory.string();
}

}  // namespace hardline
