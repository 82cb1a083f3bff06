// check: what is wrong with the configuration and the service files.
#include <fmt/format.h>

#include "ask.hpp"
#include "hardline/base/text.hpp"
#include "hardline/daemon/publisher.hpp"
#include "verbs.hpp"

namespace hardline::cli {
namespace {

Json to_json(const store::ConfigError& error) {
  return {{"file", error.file().string()},
          {"line", error.line() ? Json(error.line()) : Json()},
          {"key", error.key().empty() ? Json() : Json(error.key())},
          {"problem", error.problem()},
          {"text", error.what()}};
}

Json to_json(const std::vector<store::ConfigError>& errors) {
  auto all = Json::array();
  for (const auto& error : errors) all.push_back(to_json(error));
  return all;
}

std::vector<std::string> warnings_of(const daemon::Settings& settings, const daemon::FoundServices& found) {
  auto warnings = found.warnings;
  const auto& directory = settings.service_directory;
  if (!directory.empty() && !std::filesystem::exists(directory))
    warnings.push_back(fmt::format("{}: there is no such folder", directory.string()));
  return warnings;
}

}  // namespace

int run(const daemon::Settings& settings, const CheckFiles& verb,
        const std::vector<store::ConfigError>& configuration_errors) {
  const auto found = daemon::find_services(settings, daemon::Missing::leave);
  const auto warnings = warnings_of(settings, found);
  const auto right = found.services.size() + found.without_identity.size();
  const bool all_right = found.errors.empty() && configuration_errors.empty();
  const auto& configuration = settings.configuration_file;
  if (verb.json) {
    print_json({{"right", all_right},
                {"configuration_file", configuration.empty() ? Json() : Json(configuration.string())},
                {"configuration_errors", to_json(configuration_errors)},
                {"right_services", right},
                {"service_errors", to_json(found.errors)},
                {"warnings", warnings}});
    return all_right ? kDone : kProblem;
  }
  for (const auto& error : configuration_errors) fmt::print(stderr, "hardlined: {}\n", visible_text(error.what()));
  for (const auto& warning : warnings) fmt::print("warning: {}\n", visible_text(warning));
  for (const auto& error : found.errors) fmt::print("error: {}\n", visible_text(error.what()));
  if (configuration.empty())
    fmt::print("There is no configuration file {}; the defaults apply.\n", daemon::default_config_file().string());
  else
    fmt::print("The configuration file {} {}.\n", configuration.string(),
               configuration_errors.empty() ? "is valid" : "has errors");
  fmt::print("{} of {} service files are valid.\n", right, right + found.errors.size());
  return all_right ? kDone : kProblem;
}

}  // namespace hardline::cli
