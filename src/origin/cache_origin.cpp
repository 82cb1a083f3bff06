#include "hardline/origin/cache_origin.hpp"

#include "cache.hpp"
#include "cache_session.hpp"
#include "hardline/rt/pipe.hpp"

namespace hardline::origin {
namespace {

/// As many as there are tunnels. One whose client has gone while the web server is asked lasts until that has answered,
/// so that strangers who come and go could make ever more.
constexpr std::size_t kMostSessions = 4096;

awaitable<void> run_session(std::shared_ptr<Cache> cache, std::unique_ptr<ByteStream> client) {
  const Cache::SessionPlace place(*cache);
  CacheSession session(*cache, *client);
  co_await session.run();
}

}  // namespace

CacheOrigin::CacheOrigin(CacheSettings settings, CacheTools tools)
    : cache_(std::make_shared<Cache>(std::move(settings), tools)) {
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

void CacheOrigin::close() {
  cache_->close();
}

}  // namespace hardline::origin
