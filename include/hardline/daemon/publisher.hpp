// From service files to what is published: reads them, makes missing identities, and tells what changed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hardline/cache/cache_origin.hpp"
#include "hardline/daemon/settings.hpp"
#include "hardline/lan/lan_table.hpp"
#include "hardline/store/identity.hpp"
#include "hardline/tunnel/published_service.hpp"

namespace hardline::daemon {

/// A service file with its identity, as found on disk.
struct FoundService {
  store::ServiceFile file;
  store::Identity identity;
};

struct FoundServices {
  std::vector<FoundService> services;
  std::vector<store::ServiceFile> without_identity;  ///< nothing wrong: the daemon makes it when it runs
  std::vector<store::ConfigError> errors;
  std::vector<std::string> warnings;
};

/// What to do about a service that has no certificate yet.
enum class Missing { create, leave };  // `leave` writes nothing at all

/// The service files of what is published now, or paused, each with its cache's folder; an empty one for those without
/// a cache.
using PublishedFiles = std::map<std::filesystem::path, std::filesystem::path>;

/// Reads the service directory and the single service of `settings`, and the identity of each; a cache's folder is
/// absolute then. Blocks. Broken files and identities, test certificates without leave, a second service of one
/// certificate or in one folder, and a folder with the daemon's own files are errors, each of its service file; the
/// others stand. Of two services with one certificate or folder that of `published` stands, else the first by name.
FoundServices find_services(const Settings& settings, Missing missing, const PublishedFiles& published = {});

/// A service that the publisher looks after.
struct KnownService {
  store::ServiceFile file;
  ServiceName name;
  std::shared_ptr<tunnel::PublishedService> service;  ///< nullptr while it is paused
};

/// Keeps what is published in step with what is found. Io thread only.
class Publisher {
 public:
  explicit Publisher(cache::CacheTools tools) : tools_(tools) {}

  /// Takes what was found over. A service whose file and identity did not change stays the same object, and so does
  /// one whose file is there but broken now: bad input does not take down what works. The origins of the others are
  /// closed. Logs what changed.
  void update(FoundServices found);

  /// Closes every origin, at the end of the daemon.
  void close();

  /// By service file, paused ones among them.
  const std::map<std::filesystem::path, KnownService>& services() const { return entries_; }

  PublishedFiles files() const;
  std::vector<std::shared_ptr<tunnel::PublishedService>> published() const;
  std::vector<lan::LanService> announced() const;
  /// Those that are to be found by the DHT.
  std::vector<KeyHash> for_dht() const;

 private:
  std::shared_ptr<tunnel::PublishedService> make_service(const store::ServiceFile& file,
                                                         const store::Identity& identity) const;
  std::unique_ptr<tunnel::Origin> make_origin(const store::ServiceFile& file) const;
  void tell(const FoundServices& found);

  cache::CacheTools tools_;
  std::map<std::filesystem::path, KnownService> entries_;
  std::vector<std::string> told_;  // errors and warnings that were logged last time
};

}  // namespace hardline::daemon
