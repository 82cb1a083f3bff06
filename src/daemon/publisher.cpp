#include "hardline/daemon/publisher.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "hardline/base/log.hpp"
#include "hardline/store/cache_directory.hpp"
#include "hardline/tunnel/tls_contexts.hpp"

namespace hardline::daemon {
namespace fs = std::filesystem;
namespace {

store::Identity identity_of(const store::ServiceFile& file, Missing missing) {
  if (missing == Missing::create) return store::load_or_create_identity(file.certfile);
  return store::load_identity(file.certfile, store::MissingName::leave);
}

/// Which service each cache's folder belongs to.
class CacheFolders {
 public:
  explicit CacheFolders(const fs::path& state) : state_(fs::absolute(state)) {}

  /// `is_filled`: copies are kept there, so that it is nobody else's.
  void add(fs::path folder, fs::path owner, bool is_filled) {
    owners_.push_back({std::move(folder), std::move(owner), is_filled});
  }

  /// Replaces the folder of `file`, if it has one, by where that is. Throws ConfigError.
  void claim(store::ServiceFile& file) {
    auto* cache = std::get_if<CacheSettings>(&file.origin);
    if (!cache) return;
    auto folder = store::cache_directory(file, state_);
    const bool is_filled = cache->upstream.has_value();
    for (const auto& [taken, owner, other_is_filled] : owners_)
      if ((is_filled || other_is_filled) && store::overlap(folder, taken))
        throw store::ConfigError(file.file, 0, "directory",
                                 fmt::format("must not overlap {}, the folder of {}: each cache needs its own",
                                             taken.string(), owner.string()));
    cache->directory = folder;
    add(std::move(folder), file.file, is_filled);
  }

  /// The daemon makes a cache's folder, and in its state folder also those above it.
  std::optional<std::string> prepare(const CacheSettings& cache, Missing missing) const {
    std::error_code error;
    const auto [in_state, rest] =
        std::mismatch(state_.begin(), state_.end(), cache.directory.begin(), cache.directory.end());
    if (cache.upstream && in_state == state_.end()) {
      if (missing == Missing::leave && !fs::exists(cache.directory, error) && !error) return std::nullopt;
      if (missing == Missing::create) fs::create_directories(cache.directory.parent_path(), error);
    }
    return store::problem_with_directory(cache);
  }

 private:
  fs::path state_;
  struct Owned {
    fs::path folder, owner;
    bool is_filled;
  };
  std::vector<Owned> owners_;
};

bool same_name(const ServiceName& a, const ServiceName& b) {
  if (a.key != b.key || a.password.has_value() != b.password.has_value()) return false;
  return !a.password || a.password->matches(*b.password);
}

}  // namespace

FoundServices find_services(const Settings& settings, Missing missing, const PublishedFiles& published) {
  FoundServices found;
  std::vector<store::ServiceFile> files;
  if (!settings.service_directory.empty()) {
    auto directory = store::read_service_directory(settings.service_directory);
    files = std::move(directory.services);
    found.errors = std::move(directory.errors);
  }
  if (settings.single_service) files.push_back(*settings.single_service);
  std::stable_partition(files.begin(), files.end(), [&](const auto& file) { return published.contains(file.file); });
  std::map<KeyHash, fs::path> owners;
  CacheFolders folders(settings.state_directory);
  for (const auto& error : found.errors)  // what is published of a file that is broken now stays as it is
    if (const auto old = published.find(error.file()); old != published.end() && !old->second.empty())
      folders.add(old->second, old->first, true);
  for (auto& file : files) {
    found.warnings.insert(found.warnings.end(), file.warnings.begin(), file.warnings.end());
    try {
      folders.claim(file);
    } catch (const store::ConfigError& error) {
      found.errors.push_back(error);
      continue;
    }
    if (const auto* cache = std::get_if<CacheSettings>(&file.origin)) {
      if (const auto problem = folders.prepare(*cache, missing))
        found.warnings.push_back(fmt::format("{}: directory: {}", file.file.string(), *problem));
      if (const auto remark = store::remark_on_directory(file)) found.warnings.push_back(*remark);
    }
    if (missing == Missing::leave && !fs::exists(file.certfile)) {
      found.without_identity.push_back(std::move(file));
      continue;
    }
    const auto refuse = [&](const std::string& problem) {
      found.errors.emplace_back(file.file, 0, "certfile", problem);
    };
    try {
      auto identity = identity_of(file, missing);
      const auto& key = identity.name.key;
      const auto& password = identity.name.password;
      if (store::is_test_certificate(key) && !settings.allow_test_certificates) {
        refuse("is a certificate from certs-test, whose key is public; use one of your own");
        continue;
      }
      if (const auto [owner, first] = owners.emplace(key, file.file); !first) {
        refuse("has the certificate of " + owner->second.string() + "; each service needs its own");
        continue;
      }
      if (password && password->reveal().size() > Password::kMaxInLabel)
        found.warnings.push_back(
            fmt::format("{}: the password has {} characters, and browsers refuse a name with more than {}",
                        file.file.string(), password->reveal().size(), Password::kMaxInLabel));
      found.services.push_back({std::move(file), std::move(identity)});
    } catch (const store::ConfigError& error) {
      refuse(error.what());
    }
  }
  return found;
}

PublishedFiles Publisher::files() const {
  PublishedFiles files;
  for (const auto& [path, entry] : entries_) {
    const auto* cache = std::get_if<CacheSettings>(&entry.file.origin);
    files.emplace(path, cache ? cache->directory : fs::path());
  }
  return files;
}

std::unique_ptr<tunnel::Origin> Publisher::make_origin(const store::ServiceFile& file) const {
  if (const auto* address = std::get_if<OriginAddress>(&file.origin))
    return std::make_unique<tunnel::SocketOrigin>(*address, tools_.resolver, tools_.leads_back);
  return std::make_unique<cache::CacheOrigin>(std::get<CacheSettings>(file.origin), tools_);
}

void Publisher::tell(const FoundServices& found) {
  std::vector<std::string> told;
  for (const auto& error : found.errors) {
    told.emplace_back(error.what());
    if (std::find(told_.begin(), told_.end(), told.back()) == told_.end()) log::error("services: {}", told.back());
  }
  for (const auto& warning : found.warnings) {
    told.push_back(warning);
    if (std::find(told_.begin(), told_.end(), warning) == told_.end()) log::warn("services: {}", warning);
  }
  told_ = std::move(told);
}

void Publisher::update(FoundServices found) {
  tell(found);
  auto before = std::move(entries_);
  entries_.clear();
  for (const auto& error : found.errors) {
    const auto old = before.find(error.file());
    if (old == before.end() || !fs::exists(error.file())) continue;
    log::warn("services: kept as it was until its file is fixed service={}", old->second.name.key.brief());
    entries_.insert(before.extract(old));
  }
  std::vector<FoundService> changed;
  for (auto& service : found.services) {
    const auto old = before.find(service.file.file);
    if (old != before.end() && old->second.file == service.file && same_name(old->second.name, service.identity.name))
      entries_.insert(before.extract(old));
    else
      changed.push_back(std::move(service));
  }
  // First of all, because a new one may have an old one's folder.
  for (const auto& [path, entry] : before)
    if (entry.service) entry.service->origin->close();
  for (const auto& [file, identity] : changed) {
    try {
      auto service = file.paused ? nullptr : make_service(file, identity);
      const auto old = before.find(file.file);
      const bool was_published = old != before.end() && old->second.service;
      const auto* what = file.paused ? "paused" : was_published ? "changed" : "published";
      log::info("services: {} service={} title=\"{}\" origin={}", what, identity.name.key.brief(), file.title,
                to_string(file.origin));
      entries_.emplace(file.file, KnownService{file, identity.name, std::move(service)});
      before.erase(file.file);
    } catch (const std::runtime_error& e) {
      log::error("services: {}: {}", file.file.string(), e.what());
    }
  }
  for (const auto& [path, entry] : before)
    log::info("services: withdrawn service={} title=\"{}\"", entry.name.key.brief(), entry.file.title);
}

std::shared_ptr<tunnel::PublishedService> Publisher::make_service(const store::ServiceFile& file,
                                                                  const store::Identity& identity) const {
  return std::make_shared<tunnel::PublishedService>(
      tunnel::PublishedService{identity.name, file.title, tunnel::make_service_context(identity), make_origin(file)});
}

void Publisher::close() {
  for (const auto& [path, entry] : entries_)
    if (entry.service) entry.service->origin->close();
}

std::vector<std::shared_ptr<tunnel::PublishedService>> Publisher::published() const {
  std::vector<std::shared_ptr<tunnel::PublishedService>> services;
  for (const auto& [path, entry] : entries_)
    if (entry.service) services.push_back(entry.service);
  return services;
}

std::vector<lan::LanService> Publisher::announced() const {
  std::vector<lan::LanService> services;
  for (const auto& [path, entry] : entries_) {
    if (!entry.service) continue;
    auto name = entry.name;
    if (entry.file.hide_password) name.password.reset();
    services.push_back({std::move(name), entry.file.title, entry.file.listed});
  }
  return services;
}

std::vector<KeyHash> Publisher::for_dht() const {
  std::vector<KeyHash> keys;
  for (const auto& [path, entry] : entries_)
    if (entry.service && entry.file.use_dht) keys.push_back(entry.name.key);
  return keys;
}

}  // namespace hardline::daemon
