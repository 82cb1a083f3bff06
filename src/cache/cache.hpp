// What a cached service's connections share: the folder, the web server behind it, what is being fetched, templates.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "copy_store.hpp"
#include "fetch.hpp"
#include "hardline/base/cache_settings.hpp"
#include "hardline/cache/cache_tools.hpp"
#include "mako_renderer.hpp"
#include "upstream_client.hpp"

namespace hardline::cache {

class Cache : public std::enable_shared_from_this<Cache> {
 public:
  Cache(CacheSettings settings, CacheTools tools);

  /// Opens the folder ahead of the first request.
  void start();
  void close();
  bool is_closed() const { return closed_; }

  const CacheSettings& settings() const { return settings_; }
  const CacheTools& tools() const { return tools_; }
  CopyStore& store() { return store_; }
  UpstreamClient* upstream() { return upstream_ ? &*upstream_ : nullptr; }  ///< nullptr: there is the folder alone
  MakoRenderer& mako() { return *mako_; }                                   ///< with dynamic content only

  /// Asks upstream, or joins who has asked for the same just before. nullptr where something else is being fetched that
  /// has the same name.
  std::shared_ptr<Fetch> fetch(FetchOrder order);

  /// Held by each connection.
  class SessionPlace {
   public:
    explicit SessionPlace(Cache& cache) : cache_(cache) { ++cache_.sessions_; }
    SessionPlace(const SessionPlace&) = delete;
    SessionPlace& operator=(const SessionPlace&) = delete;
    ~SessionPlace() { --cache_.sessions_; }

   private:
    Cache& cache_;
  };
  std::size_t sessions() const { return sessions_; }

  /// Whether upstream has lately said that it does not know the file that somebody put there.
  bool is_unknown_upstream(const std::string& name) const;

 private:
  static awaitable<void> open(std::shared_ptr<Cache> self);
  static awaitable<void> run(std::shared_ptr<Cache> self, std::shared_ptr<Fetch> fetch);

  CacheSettings settings_;
  CacheTools tools_;
  CopyStore store_;
  std::optional<UpstreamClient> upstream_;
  std::optional<MakoRenderer> mako_;
  std::map<std::string, std::shared_ptr<Fetch>> fetches_;  ///< by the name of what they bring
  std::size_t running_ = 0;
  std::size_t sessions_ = 0;
  Event slot_freed_;
  std::map<std::string, std::chrono::steady_clock::time_point> unknown_upstream_;
  bool closed_ = false;
};

}  // namespace hardline::cache
