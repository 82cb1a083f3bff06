// The command line: which verb, with which settings.
#pragma once

#include <filesystem>
#include <variant>

#include "settings.hpp"

namespace hardline::app {

struct RunDaemon {};
struct GenerateKey {
  std::filesystem::path certfile;
};
struct PrintHash {
  std::filesystem::path certfile;
};
struct ListServices {};
struct CheckFiles {};
/// --help or --version was answered, or the command line was wrong and that was said.
struct Done {
  int exit_status = 0;
};

struct Command {
  std::variant<RunDaemon, GenerateKey, PrintHash, ListServices, CheckFiles, Done> verb;
  Settings settings;
};

/// Parses, reads the configuration file, and prints what is wrong with either. Throws store::ConfigError for the file.
Command parse_command_line(int argc, char** argv);

}  // namespace hardline::app
