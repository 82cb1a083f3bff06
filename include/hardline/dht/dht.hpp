// What a distributed hash table is to us: values that anybody can put under a key, and that everybody can get
// (docs/protocol.md, "Across the internet"). Spoken by a node of our own (DhtNode) or by way of somebody else's
// (DhtProxy).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

#include "hardline/dht/dht_key.hpp"
#include "hardline/rt/asio.hpp"

namespace hardline::dht {

/// One get, shared by who asks and who answers. io thread only.
class Lookup {
 public:
  /// Distinct values read of one key; anybody can add to it. Further ones are dropped.
  static constexpr std::size_t kMaxValues = 256;
  /// Longest value read, in octets: a WANHosts list of 16 entries is far shorter. Longer ones are dropped.
  static constexpr std::size_t kMaxValueSize = 2048;

  using Found = std::function<void(std::string_view value)>;
  explicit Lookup(Found found) : found_(std::move(found)) {}

  /// The answering side: hands `value` on, each once, unless the lookup was stopped.
  void offer(std::string_view value);
  /// The answering side: `stop` is called when nothing more is wanted, at once if that is so already; the next call
  /// replaces it, nullptr forgets it.
  void when_stopped(std::function<void()> stop);
  bool stopped() const { return stopped_; }

  /// The asking side: nothing more is wanted, and `found` is not called any more.
  void stop();

 private:
  Found found_;
  std::function<void()> when_stopped_;
  std::set<std::string, std::less<>> seen_;
  bool stopped_ = false;
};

class Dht {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  virtual ~Dht() = default;

  /// For people: "the DHT", "http://dhtproxy.jami.net".
  virtual std::string name() const = 0;

  /// Reads what is under `key` into `lookup`. Completes when everything was read, at `deadline` (Errc::timed_out), when
  /// it fails, or soon after `lookup` was stopped (Errc::cancelled).
  virtual awaitable<std::error_code> get(DhtKey key, std::shared_ptr<Lookup> lookup, Deadline deadline) = 0;

  /// Adds `value` to `key`, for ten minutes. No error once some node has taken it.
  virtual awaitable<std::error_code> put(DhtKey key, std::string value, Deadline deadline) = 0;
};

}  // namespace hardline::dht
