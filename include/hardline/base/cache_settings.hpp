// How a service file's [Cache] section wants its copies kept (docs/configuration.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "hardline/base/origin_address.hpp"

namespace hardline {

/// The one web server that a cache fetches from: no request can name another.
struct Upstream {
  OriginAddress where;
  bool tls = false;    ///< https; never with a Unix socket
  bool verify = true;  ///< https: the certificate must be one that the system's authorities vouch for

  friend bool operator==(const Upstream&, const Upstream&) = default;
};

/// `https://example.org:443` or `unix:/path`, for people.
std::string to_string(const Upstream& upstream);

struct CacheSettings {
  std::filesystem::path directory;   ///< absolute once the state folder is known, until then as it was written
  std::optional<Upstream> upstream;  ///< none: the folder is all there is, as of a static file server
  std::chrono::seconds max_age = std::chrono::hours(7 * 24);  ///< for which a copy is served without a question
  std::uint64_t max_size = 256ULL << 20;                      ///< octets of all copies together
  std::uint64_t download_rate_limit = 1200ULL << 20;          ///< octets an hour from upstream; 0: no limit
  bool allow_listing = false;                                 ///< folders without an index.html are listed
  bool dynamic_content = false;                               ///< `@mako` files are rendered, which is to run them

  friend bool operator==(const CacheSettings&, const CacheSettings&) = default;
};

/// What a service file publishes: a socket's bytes as they are, or a folder.
using ServiceOrigin = std::variant<OriginAddress, CacheSettings>;

/// `localhost:80`, `cache of https://example.org:443` or `folder /srv/photos`, for people.
std::string to_string(const ServiceOrigin& origin);

}  // namespace hardline
