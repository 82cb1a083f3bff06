// Finding: where may this service be? Candidates come as sources know them; what they are worth only its
// certificate says.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "hardline/base/host_port.hpp"
#include "hardline/base/key_hash.hpp"
#include "hardline/rt/asio.hpp"

namespace hardline::find {

enum class Source { this_machine, lan, remembered, dht, dht_proxy };

/// "this computer", "the local network", "a remembered address", "the DHT", "a DHT proxy"
std::string_view describe(Source source);

/// The same for programs, and for what is written down: "this_machine", "lan", "remembered", "dht", "dht_proxy"
std::string_view source_word(Source source);

struct Candidate {
  tcp::endpoint endpoint;
  Source source = Source::lan;
  std::string by = {};  ///< which of several: a DHT proxy's URL
  /// When somebody last said so: heard on the LAN, learned from the service. nullopt: now.
  std::optional<std::chrono::system_clock::time_point> known_since = {};
};

/// How asking one source went, for people.
struct SourceReport {
  Source source = Source::lan;
  std::string by = {};
  enum class State { waiting, asked, ended } state = State::waiting;
  std::error_code error = {};  ///< of a source that ended without an answer
  unsigned candidates = 0;     ///< that it named
  unsigned unusable = 0;       ///< that it named, and that are not worth a dial
};

/// Takes what a search finds. Called on the io thread, never from inside find(), never after the Search is gone.
class CandidateSink {
 public:
  virtual void found(const Candidate& candidate) = 0;  ///< each endpoint once in a search
  virtual void exhausted() = 0;                        ///< once: no more will come
 protected:
  ~CandidateSink() = default;
};

/// One search; destroying it ends it.
class Search {
 public:
  virtual ~Search() = default;
  /// How each source stands now.
  virtual std::vector<SourceReport> sources() const = 0;
};

class Finder {
 public:
  virtual ~Finder() = default;

  /// Starts all sources together. Concurrent searches for one key share their packets. `sink` outlives the Search.
  virtual std::unique_ptr<Search> find(const KeyHash& key, CandidateSink& sink) = 0;

  /// How an attempt on a candidate ended. `worked` only after the certificate was found to match; `round_trip` is the
  /// time its TCP connection took.
  virtual void worked(const KeyHash& key, const Candidate& candidate, std::chrono::milliseconds round_trip) = 0;
  virtual void failed(const KeyHash& key, const Candidate& candidate) = 0;

  /// The service's own word, inside a proven tunnel, about where it can be reached later.
  virtual void learned(const KeyHash& key, std::vector<HostPort> hosts) = 0;
};

}  // namespace hardline::find
