// A node of somebody else's in the OpenDHT network, by HTTP or HTTPS (docs/protocol.md, "Across the internet").
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <unordered_set>

#include "hardline/dht/network_clock.hpp"
#include "hardline/dht/proxy_dht.hpp"
#include "hardline/http/url.hpp"
#include "hardline/net/resolver.hpp"
#include "hardline/web/http_client.hpp"
#include "hardline/wire/dht_proxy.hpp"

namespace hardline::dht {

struct DhtProxyStatus {
  std::optional<std::chrono::system_clock::time_point> last_answer;
  std::string problem;                              ///< why it was of no use last time; empty if it was
  std::optional<asio::ip::address> public_address;  ///< as it saw us
  bool loses_puts = false;  ///< it answered gets, and what was put through it could not be got: a zombie
};

/// GET /HASH, and /key/HASH where the first is not known there; which of them works is remembered. https certificates
/// are verified by the system's authorities and the host's name. Answers that stay open are read as they come.
///
/// get(), put() and ask_about_us() fail with HttpClient's errors, or with Errc::unexpected_status where the proxy
/// refuses, Errc::malformed where it says what no proxy says; status().problem then has it in a person's words.
class DhtProxy final : public ProxyDht {
 public:
  /// `resolver` and `clock`, which hears its Date headers, outlive it.
  DhtProxy(Executor executor, Resolver& resolver, NetworkClock& clock, http::Url url);

  std::string name() const override { return url_.to_string(); }
  awaitable<std::error_code> get(DhtKey key, std::shared_ptr<Lookup> lookup, Deadline deadline) override;
  awaitable<std::error_code> put(DhtKey key, std::string value, Deadline deadline) override;

  /// Asks for the node's state and how it sees us, into status().
  awaitable<std::error_code> ask_about_us(Deadline deadline);

  /// It saw us in another network, or under another address of the router.
  void forget_us() { status_.public_address.reset(); }

  /// For good: what is under way ends soon with Errc::cancelled, and so does what is asked later.
  void close();

  const DhtProxyStatus& status() const { return status_; }
  bool loses_puts() const override { return status_.loses_puts; }
  void note_put_lost(bool lost) override;

 private:
  struct Paths {
    std::string older, newer;
  };
  class Client;

  web::HttpServer server() const;
  Paths paths_of(const DhtKey& key) const;
  awaitable<Result<web::HttpAnswer>> begin(web::HttpClient& client, web::HttpRequest request, Paths paths,
                                           Deadline deadline);
  awaitable<std::error_code> read_values(web::HttpClient& client, std::shared_ptr<Lookup> lookup);
  void heard(const web::HttpAnswer& answer);
  void told(const wire::ProxyInfo& info);
  void was_of_use();
  std::error_code failed(std::error_code error, std::string problem);

  Executor executor_;
  Resolver& resolver_;
  NetworkClock& clock_;
  http::Url url_;
  SslContextPtr tls_;                             ///< null where url_ is no https
  std::unordered_set<web::HttpClient*> clients_;  ///< of what is under way
  bool closed_ = false;
  DhtProxyStatus status_;
  bool newer_paths_ = false;   ///< /key/HASH and /node/info
  bool knows_nobody_ = false;  ///< as it said of itself; not refuted since
};

}  // namespace hardline::dht
