// The command line: which verb, with which settings.
#pragma once

#include <vector>

#include "hardline/daemon/settings.hpp"
#include "verb_lines.hpp"

namespace hardline::cli {

struct Command {
  Verb verb;
  daemon::Settings settings;
  std::vector<store::ConfigError> configuration_errors;  ///< of the configuration file; only `check` goes on with them
};

/// Parses the command line, prints what is wrong with it, and reads the configuration file.
Command parse_command_line(int argc, char** argv);

}  // namespace hardline::cli
