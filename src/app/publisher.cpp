#include "publisher.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "hardline/base/log.hpp"
#include "hardline/tunnel/tls_contexts.hpp"

namespace hardline::app {
namespace {

store::Identity identity_of(const store::ServiceFile& file, Missing missing) {
  if (missing == Missing::create) return store::load_or_create_identity(file.certfile);
  return store::load_identity(file.certfile, store::MissingName::leave);
}

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
  std::map<KeyHash, std::filesystem::path> owners;
  for (auto& file : files) {
    found.warnings.insert(found.warnings.end(), file.warnings.begin(), file.warnings.end());
    if (missing == Missing::leave && !std::filesystem::exists(file.certfile)) {
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
        refuse("is a certificate of certs-test, whose key everybody has; use one of your own");
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
  for (const auto& [path, entry] : entries_) files.insert(path);
  return files;
}

void Publisher::update(FoundServices found) {
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

  auto before = std::move(entries_);
  entries_.clear();
  for (auto& [file, identity] : found.services) {
    const auto old = before.find(file.file);
    const bool known = old != before.end();
    if (known && old->second.file == file && same_name(old->second.service->name, identity.name)) {
      entries_.insert(before.extract(old));
      continue;
    }
    try {
      auto service = std::make_shared<tunnel::PublishedService>(
          tunnel::PublishedService{identity.name, file.title, tunnel::make_service_context(identity),
                                   std::make_unique<origin::SocketOrigin>(file.origin, resolver_)});
      log::info("services: {} service={} title=\"{}\" origin={}", known ? "changed" : "published",
                identity.name.key.brief(), file.title, to_string(file.origin));
      entries_.emplace(file.file, Entry{file, std::move(service)});
      if (known) before.erase(old);
    } catch (const std::runtime_error& e) {
      log::error("services: {}: {}", file.file.string(), e.what());
    }
  }
  for (auto& [path, entry] : before) {
    const bool broken = std::any_of(found.errors.begin(), found.errors.end(),
                                    [&](const store::ConfigError& error) { return error.file() == path; });
    if (broken && std::filesystem::exists(path)) {
      log::warn("services: kept as it was until its file is mended service={}", entry.service->name.key.brief());
      entries_.emplace(path, std::move(entry));
    } else {
      log::info("services: withdrawn service={} title=\"{}\"", entry.service->name.key.brief(), entry.service->title);
    }
  }
}

std::vector<std::shared_ptr<tunnel::PublishedService>> Publisher::published() const {
  std::vector<std::shared_ptr<tunnel::PublishedService>> services;
  for (const auto& [path, entry] : entries_) services.push_back(entry.service);
  return services;
}

std::vector<discovery::LanService> Publisher::announced() const {
  std::vector<discovery::LanService> services;
  for (const auto& [path, entry] : entries_) {
    auto name = entry.service->name;
    if (entry.file.hide_password) name.password.reset();
    services.push_back({std::move(name), entry.file.title, entry.file.listed});
  }
  return services;
}

std::vector<KeyHash> Publisher::for_dht() const {
  std::vector<KeyHash> keys;
  for (const auto& [path, entry] : entries_)
    if (entry.file.use_dht) keys.push_back(entry.service->name.key);
  return keys;
}

}  // namespace hardline::app
