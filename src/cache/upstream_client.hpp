// The web server that a cache stands in front of: how it is asked, how fast it may be, and whether it answers.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "download_quota.hpp"
#include "hardline/base/cache_settings.hpp"
#include "hardline/base/log.hpp"
#include "hardline/rt/event.hpp"
#include "hardline/web/http_client.hpp"
#include "hardline/wire/sidecar.hpp"

namespace hardline::cache {

class UpstreamClient;

/// An answer whose head has come. The body's octets are counted against the quota, and held up where it is used up.
class Exchange {
 public:
  Exchange(UpstreamClient& upstream, std::unique_ptr<web::HttpClient> client);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange();

  int status = 0;
  http::HeaderFields fields;  ///< end-to-end ones, as they came; a Location within the server itself is relative
  std::optional<std::uint64_t> length;  ///< of the body, if it was said and there is one

  /// Octets of the body, empty at its end; an error where it breaks off.
  awaitable<Result<std::string>> read();

  /// Octets that read() is to give first: given back by one who cannot use them.
  void unread(std::string octets);

 private:
  friend class UpstreamClient;
  UpstreamClient& upstream_;
  std::unique_ptr<web::HttpClient> client_;
  std::string unread_;
};

struct UpstreamProblem {
  std::error_code error;
  std::string text;  ///< in a person's words: "it refuses connections"
};

class UpstreamClient {
 public:
  UpstreamClient(Executor executor, Resolver& resolver, const Upstream& upstream, std::uint64_t octets_per_hour);

  /// How long to wait for the head of an answer: less where there is a copy to serve instead.
  static constexpr auto kAnswerLimit = std::chrono::seconds(30);
  static constexpr auto kAnswerLimitWithCopy = std::chrono::seconds(5);
  /// A body that says nothing for so long is given up.
  static constexpr auto kIdleLimit = std::chrono::seconds(60);
  /// How long the connection is held while nobody reads on: a film may be paused.
  static constexpr auto kHeldLimit = std::chrono::hours(1);

  /// Asks for `target` with these header fields. Never more than the target comes from a request: where it is asked is
  /// fixed.
  awaitable<tl::expected<std::unique_ptr<Exchange>, UpstreamProblem>> ask(std::string method, std::string target,
                                                                          http::HeaderFields fields,
                                                                          std::chrono::steady_clock::duration limit);

  bool quota_is_used_up() { return quota_.is_empty(std::chrono::steady_clock::now()); }

  /// The last question was not answered. What is not fresh is served as it is then, and one asks for all.
  bool is_down() const { return down_; }

  /// Whether the caller is to be the one who asks if it is back: one of all every few seconds.
  bool takes_turn_to_ask();

  /// Ends what runs, for good.
  void close();

 private:
  friend class Exchange;
  void tell_of_outage(std::string_view problem);
  std::string without_own_authority(std::string_view location) const;

  Executor executor_;
  Resolver& resolver_;
  web::HttpServer server_;
  SslContextPtr tls_;
  DownloadQuota quota_;
  bool down_ = false;
  bool outage_told_ = false;
  log::Limiter outages_;
  std::chrono::steady_clock::time_point rest_until_{};
  bool closed_ = false;
  Event closing_;
  std::set<web::HttpClient*> running_;
};

}  // namespace hardline::cache
