// One client's connection to a cache: its requests one after the other, and what each is answered with.
#pragma once

#include <memory>
#include <string>

#include "answer_writer.hpp"
#include "cache.hpp"
#include "hardline/http/request.hpp"
#include "hardline/rt/watchdog.hpp"

namespace hardline::cache {

class CacheSession {
 public:
  /// A request's head must come within this, from its first octet.
  static constexpr auto kHeadLimit = std::chrono::seconds(10);
  /// How long a connection may be idle between requests.
  static constexpr auto kIdleLimit = std::chrono::seconds(120);

  CacheSession(Cache& cache, ByteStream& client);

  awaitable<void> run();

 private:
  enum class Mark { none, hit, stale, miss };

  struct Here {
    Found found;
    VersionPtr version;  ///< of a file or copy
  };

  awaitable<bool> read_more();
  awaitable<std::error_code> refuse(const http::Refusal& refusal);
  awaitable<std::error_code> answer(const http::Request& request);
  awaitable<std::error_code> answer_target(const http::Request& request, const wire::CacheTarget& target);
  awaitable<Here> look_up(const wire::CacheTarget& target);
  awaitable<std::error_code> from_folder(const http::Request& request, const wire::CacheTarget& target,
                                         const Found& found, VersionPtr version);
  awaitable<std::error_code> from_upstream(const http::Request& request, const wire::CacheTarget& target, Found found,
                                           VersionPtr version);
  awaitable<std::error_code> from_fetch(const http::Request& request, const wire::CacheTarget& target, Found found,
                                        VersionPtr version, std::shared_ptr<Fetch> fetch);
  awaitable<std::error_code> from_here(const http::Request& request, const Found& found, VersionPtr version, Mark mark);
  awaitable<std::error_code> from_growing(const http::Request& request, std::shared_ptr<Fetch> fetch);
  awaitable<std::error_code> passed_on(const http::Request& request, const wire::CacheTarget& target);
  awaitable<std::error_code> listing(const http::Request& request, const wire::CacheTarget& target,
                                     const Found& folder);
  awaitable<std::error_code> rendered(const http::Request& request, const wire::CacheTarget& target,
                                      const Found& found);
  awaitable<std::error_code> message(const http::Request& request, int status, std::string_view text,
                                     std::string_view fields = {});
  awaitable<std::error_code> unreachable(const http::Request& request, const UpstreamProblem& problem);
  bool is_current(const Found& found, const Version& version) const;
  std::string marks(Mark mark, const Found& found) const;

  Cache& cache_;
  ByteStream& client_;
  AnswerWriter writer_;
  Watchdog watchdog_;
  std::string unread_;  ///< octets that came and were not looked at
};

}  // namespace hardline::cache
