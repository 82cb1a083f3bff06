// The command line: which verb, with which settings.
#pragma once

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

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
struct ShowStatus {
  bool json = false;
};
struct ExplainWhy {
  std::string service;  ///< as the person wrote it
  bool json = false;
};
/// --help or --version was answered, or the command line was wrong and that was said.
struct Done {
  int exit_status = 0;
};

/// The exit status of a command line that is wrong.
inline constexpr int kUsageError = 2;

struct Command {
  std::variant<RunDaemon, GenerateKey, PrintHash, ListServices, CheckFiles, ShowStatus, ExplainWhy, Done> verb;
  Settings settings;
  std::vector<store::ConfigError> configuration_errors;  ///< of the configuration file; only `check` goes on with them
};

/// Parses the command line, prints what is wrong with it, and reads the configuration file.
Command parse_command_line(int argc, char** argv);

}  // namespace hardline::app
