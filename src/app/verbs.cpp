#include "verbs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "control_client.hpp"
#include "hardline/store/identity.hpp"
#include "hardline/web/api.hpp"
#include "publisher.hpp"
#include "report.hpp"

namespace hardline::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto kStatusLimit = std::chrono::seconds(10);
/// On top of the search's own limit.
constexpr auto kWhyMargin = std::chrono::seconds(15);

/// GET `target`; prints the answer, as JSON or as `report` words it. The answer, or nullopt after saying what is wrong.
std::optional<Json> ask_and_print(const Settings& settings, const std::string& target, bool json,
                                  std::chrono::seconds limit, std::string (*report)(const Json&)) {
  const auto answer = ask_daemon(find_control_socket(settings), target, limit);
  try {
    auto content = Json::parse(answer.body);
    if (answer.status != 200) {
      fmt::print(stderr, "hardlined: the daemon could not say: {}\n",
                 content.at("error").at("text").get<std::string>());
      return std::nullopt;
    }
    fmt::print("{}", json ? content.dump(2) + "\n" : report(content));
    return content;
  } catch (const Json::exception&) {
    fmt::print(stderr, "hardlined: the daemon's answer is not understood; is it of another version? --json shows it\n");
    return std::nullopt;
  }
}

}  // namespace

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

int check_files(const Settings& settings, const std::vector<store::ConfigError>& configuration_errors) {
  for (const auto& error : configuration_errors) fmt::print(stderr, "hardlined: {}\n", error.what());
  const auto found = find_services(settings, Missing::leave);
  for (const auto& warning : found.warnings) fmt::print("warning: {}\n", warning);
  for (const auto& error : found.errors) fmt::print("error: {}\n", error.what());
  const auto& directory = settings.service_directory;
  if (!directory.empty() && !std::filesystem::exists(directory))
    fmt::print("warning: {}: there is no such folder\n", directory.string());
  if (settings.configuration_file.empty())
    fmt::print("There is no configuration file {}: the defaults hold.\n", default_config_file().string());
  else
    fmt::print("The configuration file {} is {}.\n", settings.configuration_file.string(),
               configuration_errors.empty() ? "right" : "wrong");
  const auto right = found.services.size() + found.without_identity.size();
  fmt::print("{} of {} services are right.\n", right, right + found.errors.size());
  return found.errors.empty() && configuration_errors.empty() ? 0 : 1;
}

int show_status(const Settings& settings, bool json) {
  try {
    return ask_and_print(settings, "/api/status", json, kStatusLimit, report_status) ? 0 : 1;
  } catch (const NoDaemon& e) {
    fmt::print(stderr, "hardlined: {}\n", e.what());
    return kNoDaemon;
  }
}

int explain_why(const Settings& settings, const std::string& service, bool json) {
  const auto key = web::parse_service(service);
  if (!key) {
    fmt::print(stderr,
               "hardlined: \"{}\" is not a service's name: 40 digits from 0-9 and a-f, usually with a password and a "
               "dash before them, or the whole address\n",
               service);
    return kUsageError;
  }
  try {
    // Not the whole name: the password is no business of a search.
    const auto answer = ask_and_print(settings, "/api/why?name=" + key->hex(), json,
                                      settings.search_timeout + kWhyMargin, report_examination);
    return answer && answer->at("reached") == true ? 0 : 1;
  } catch (const NoDaemon& e) {
    fmt::print(stderr, "hardlined: {}\n", e.what());
    return kNoDaemon;
  }
}

}  // namespace hardline::app
