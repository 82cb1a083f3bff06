#include "hardline/cache/cache_origin.hpp"

#include <fcntl.h>

#include "cache.hpp"
#include "cache_session.hpp"
#include "hardline/net/pipe.hpp"
#include "hardline/rt/offload.hpp"

namespace hardline::cache {
namespace {

/// As many as there are tunnels. One whose client has gone while the web server is asked lasts until that has answered,
/// so that strangers who come and go could make ever more.
constexpr std::size_t kMostSessions = 4096;

awaitable<void> run_session(std::shared_ptr<Cache> cache, std::unique_ptr<ByteStream> client) {
  const Cache::SessionPlace place(*cache);
  CacheSession session(*cache, *client);
  co_await session.run();
}

std::error_code problem_with(const std::filesystem::path& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd ? std::error_code() : last_error();
}

}  // namespace

CacheOrigin::CacheOrigin(CacheSettings settings, CacheTools tools)
    : cache_(std::make_shared<Cache>(std::move(settings), tools)) {
  if (const auto& upstream = cache_->settings().upstream)
    upstream_.emplace(upstream->where, tools.resolver, tools.leads_back);
  cache_->start();
}

CacheOrigin::~CacheOrigin() {
  cache_->close();
}

awaitable<Result<std::unique_ptr<ByteStream>>> CacheOrigin::connect() {
  if (cache_->sessions() >= kMostSessions) co_return fail(make_error_code(std::errc::device_or_resource_busy));
  auto [near, far] = make_pipe(cache_->tools().executor, cache_->tools().buffers);
  serve(std::move(far));
  co_return std::move(near);
}

void CacheOrigin::serve(std::unique_ptr<ByteStream> client) {
  cache_->tools().tasks.spawn("cache session", run_session(cache_, std::move(client)));
}

awaitable<std::error_code> CacheOrigin::check() {
  const auto cache = cache_;
  auto error = co_await cache->store().open();  // which makes the folder of a cache that is new
  if (error) co_return error;
  const auto look = [folder = cache->settings().directory] { return problem_with(folder); };
  error = co_await offload(cache->tools().disk, look);
  if (error || !upstream_) co_return error;
  error = co_await upstream_->check();
  co_return error;
}

void CacheOrigin::close() {
  if (upstream_) upstream_->close();
  cache_->close();
}

}  // namespace hardline::cache
