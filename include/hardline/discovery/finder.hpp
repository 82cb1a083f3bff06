// Finding: where may this service be? Candidates come as sources know them; what they are worth only its
// certificate says.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "hardline/base/host_port.hpp"
#include "hardline/base/key_hash.hpp"
#include "hardline/rt/asio.hpp"

namespace hardline::discovery {

enum class Source { this_machine, lan, remembered };

/// "this computer", "the local network", "a remembered address"
std::string_view describe(Source source);

struct Candidate {
  tcp::endpoint endpoint;
  Source source = Source::lan;
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
};

class Finder {
 public:
  virtual ~Finder() = default;

  /// Starts all sources together. Concurrent searches for one key share their packets. `sink` outlives the Search.
  virtual std::unique_ptr<Search> find(const KeyHash& key, CandidateSink& sink) = 0;

  /// How an attempt on a candidate ended. `worked` only after the certificate was found to match.
  virtual void worked(const KeyHash& key, const Candidate& candidate) = 0;
  virtual void failed(const KeyHash& key, const Candidate& candidate) = 0;

  /// The service's own word, inside a proven tunnel, about where it can be reached later.
  virtual void learned(const KeyHash& key, std::vector<HostPort> hosts) = 0;
};

}  // namespace hardline::discovery
