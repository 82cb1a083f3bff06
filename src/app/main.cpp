#include <fmt/format.h>

#include <exception>
#include <optional>

#include "command_line.hpp"
#include "daemon.hpp"
#include "hardline/base/log.hpp"
#include "verbs.hpp"

namespace {

using namespace hardline::app;

struct Execute {
  Settings& settings;
  const std::vector<hardline::store::ConfigError>& configuration_errors;

  int operator()(const RunDaemon&) const {
    hardline::log::init(*hardline::log::parse_level(settings.log_level));
    Daemon daemon(std::move(settings));
    return daemon.run();
  }
  int operator()(const GenerateKey& verb) const { return generate_key(verb.certfile); }
  int operator()(const PrintHash& verb) const { return print_hash(verb.certfile); }
  int operator()(const ListServices&) const { return list_services(settings); }
  int operator()(const CheckFiles&) const { return check_files(settings, configuration_errors); }
  int operator()(const ShowStatus& verb) const { return show_status(settings, verb.json); }
  int operator()(const ExplainWhy& verb) const { return explain_why(settings, verb.service, verb.json); }
  int operator()(const Done& verb) const { return verb.exit_status; }
};

/// The exit status for a verb that cannot go on with a broken configuration file; nullopt for one that can.
std::optional<int> status_of_refusal(const Command& command) {
  if (std::holds_alternative<Done>(command.verb) || std::holds_alternative<CheckFiles>(command.verb))
    return std::nullopt;
  const bool asks_daemon =
      std::holds_alternative<ShowStatus>(command.verb) || std::holds_alternative<ExplainWhy>(command.verb);
  return asks_daemon ? kUsageError : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    hardline::log::init(spdlog::level::warn);  // what a verb has to say it prints
    auto command = parse_command_line(argc, argv);
    const auto& errors = command.configuration_errors;
    if (const auto refusal = status_of_refusal(command); refusal && !errors.empty()) {
      for (const auto& error : errors) fmt::print(stderr, "hardlined: {}\n", error.what());
      return *refusal;
    }
    return std::visit(Execute{command.settings, errors}, command.verb);
  } catch (const std::exception& e) {
    fmt::print(stderr, "hardlined: {}\n", e.what());
    return 1;
  }
}
