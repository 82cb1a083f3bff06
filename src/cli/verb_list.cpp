// list: the services of this computer's files, whether a daemon runs or not.
#include <fmt/format.h>

#include "ask.hpp"
#include "hardline/base/text.hpp"
#include "hardline/daemon/publisher.hpp"
#include "table.hpp"
#include "verbs.hpp"

namespace hardline::cli {
namespace {

std::uint16_t port_of_links(const daemon::Settings& settings) {
  return settings.local_port ? settings.local_port : daemon::kDefaultLocalPort;
}

Json describe(const store::ServiceFile& file) {
  return {{"title", file.title},        {"link", nullptr},
          {"key_hash", nullptr},        {"paused", file.paused},
          {"file", file.file.string()}, {"origin", to_string(file.origin)}};
}

Json to_json(const daemon::FoundServices& found, std::uint16_t port) {
  auto services = Json::array();
  for (const auto& [file, identity] : found.services) {
    auto service = describe(file);
    service["link"] = identity.name.url(port);
    service["key_hash"] = identity.name.key.hex();
    services.push_back(std::move(service));
  }
  for (const auto& file : found.without_identity) services.push_back(describe(file));
  auto errors = Json::array();
  for (const auto& error : found.errors) errors.push_back(error.what());
  return {{"services", std::move(services)}, {"errors", std::move(errors)}};
}

Table to_table(const daemon::FoundServices& found, std::uint16_t port) {
  Table table({{"TITLE", Column::Room::cut}, {"LINK", Column::Room::own_line}, {"NOTE"}});
  for (const auto& [file, identity] : found.services)
    table.add({file.title, identity.name.url(port), {file.paused ? "paused" : "", Tone::faint}});
  for (const auto& file : found.without_identity)
    table.add({file.title,
               {file.paused ? "(gets its address when it is first published)"
                            : "(gets its address when the daemon first reads it)",
                Tone::faint},
               {file.paused ? "paused" : "", Tone::faint}});
  return table;
}

}  // namespace

int run(const daemon::Settings& settings, const ListServices& verb) {
  const auto found = daemon::find_services(settings, daemon::Missing::leave);
  const auto port = port_of_links(settings);
  if (verb.json) {
    print_json(to_json(found, port));
  } else {
    if (const auto table = to_table(found, port); !table.empty()) fmt::print("{}", table.text(standard_output()));
    for (const auto& error : found.errors) fmt::print(stderr, "hardlined: {}\n", visible_text(error.what()));
    if (found.services.empty() && found.without_identity.empty() && found.errors.empty())
      fmt::print(stderr, "No services: there is no *.ini file in {}.\n", settings.service_directory.string());
  }
  return found.errors.empty() ? kDone : kProblem;
}

}  // namespace hardline::cli
