#include "verbs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "hardline/store/identity.hpp"
#include "publisher.hpp"

namespace hardline::app {

int generate_key(const std::filesystem::path& certfile) {
  const auto identity = store::create_identity(certfile);
  fmt::print("{}\n", identity.name.label());
  return 0;
}

int print_hash(const std::filesystem::path& certfile) {
  fmt::print("{}\n", store::hash_of_certificate_file(certfile).hex());
  return 0;
}

int list_services(const Settings& settings) {
  const auto found = find_services(settings, Missing::leave);
  std::size_t width = 0;
  for (const auto& service : found.services) width = std::max(width, service.file.title.size());
  for (const auto& file : found.without_identity) width = std::max(width, file.title.size());
  const auto port = settings.local_port ? settings.local_port : kDefaultLocalPort;
  for (const auto& [file, identity] : found.services)
    fmt::print("{:<{}}  {}\n", file.title, width, identity.name.url(port));
  for (const auto& file : found.without_identity)
    fmt::print("{:<{}}  (gets its address when the daemon first runs with it)\n", file.title, width);
  for (const auto& error : found.errors) fmt::print(stderr, "hardlined: {}\n", error.what());
  if (found.services.empty() && found.without_identity.empty() && found.errors.empty())
    fmt::print(stderr, "No services: there is no *.ini file in {}.\n", settings.service_directory.string());
  return found.errors.empty() ? 0 : 1;
}

int check_files(const Settings& settings) {
  const auto found = find_services(settings, Missing::leave);
  for (const auto& warning : found.warnings) fmt::print("warning: {}\n", warning);
  for (const auto& error : found.errors) fmt::print("error: {}\n", error.what());
  const auto& directory = settings.service_directory;
  if (!directory.empty() && !std::filesystem::exists(directory))
    fmt::print("warning: {}: there is no such folder\n", directory.string());
  const auto right = found.services.size() + found.without_identity.size();
  fmt::print("{} of {} services are right.\n", right, right + found.errors.size());
  return found.errors.empty() ? 0 : 1;
}

}  // namespace hardline::app
