// A service that comes from a folder: copies of a web server's pages, files that somebody put there, or both
// (docs/cache.md).
#pragma once

#include <memory>
#include <optional>

#include "hardline/base/cache_settings.hpp"
#include "hardline/cache/cache_tools.hpp"
#include "hardline/tunnel/origin.hpp"

namespace hardline::cache {

class Cache;

class CacheOrigin final : public tunnel::Origin {
 public:
  CacheOrigin(CacheSettings settings, CacheTools tools);
  ~CacheOrigin() override;

  /// The near end of a pipe, at whose other end an HTTP server answers from the folder. A folder that cannot be read
  /// is a page that says so; fails only where there are thousands of connections already.
  awaitable<Result<std::unique_ptr<ByteStream>>> connect() override;

  /// Whether the folder can be read and the web server's port answers. A cache whose web server is down is still of
  /// use: what it has copies of is served.
  awaitable<std::error_code> check() override;

  void close() override;

  /// Answers on `client`, as at the far end of a connect(), until it ends.
  void serve(std::unique_ptr<ByteStream> client);

 private:
  std::shared_ptr<Cache> cache_;                  ///< shared with the coroutines of its connections and fetches
  std::optional<tunnel::SocketOrigin> upstream_;  ///< for checks alone
};

}  // namespace hardline::cache
