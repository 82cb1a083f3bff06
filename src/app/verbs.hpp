// The verbs that do one thing and end. Each returns the process's exit status: 0 for done, 1 for a problem it printed.
#pragma once

#include "command_line.hpp"

namespace hardline::app {

int generate_key(const std::filesystem::path& certfile);
int print_hash(const std::filesystem::path& certfile);
int list_services(const Settings& settings);
/// Also what is wrong with the configuration file itself.
int check_files(const Settings& settings, const std::vector<store::ConfigError>& configuration_errors);

/// The daemon could not be asked.
inline constexpr int kNoDaemon = 3;

/// These two ask the running daemon: 1 where the service was not reached, or the daemon could not say.
int show_status(const Settings& settings, bool json);
int explain_why(const Settings& settings, const std::string& service, bool json);

}  // namespace hardline::app
