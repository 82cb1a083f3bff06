// The verbs of the command line (docs/configuration.md), each with what it was given. run() does what it says and
// returns the process's exit status; what goes wrong it prints, or throws for main() to print.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "hardline/daemon/settings.hpp"

namespace hardline::cli {

/// Exit statuses, the same for every verb.
enum ExitStatus : int {
  kDone = 0,
  kProblem = 1,     ///< it could not be done, or what was asked for is not there
  kUsageError = 2,  ///< the command line is wrong, or the configuration file of a verb that only asks the daemon
  kNoDaemon = 3,    ///< there is no daemon to ask, or it may not be asked
};

/// Verbs that have no need of a right configuration but for where the daemon is.
struct AsksDaemon {};

struct PrintsJson {
  bool json = false;  ///< --json
};

// Without a daemon.

struct GenerateKey : PrintsJson {
  std::filesystem::path certfile;
};
struct PrintHash : PrintsJson {
  std::filesystem::path certfile;
};
struct ListServices : PrintsJson {};
struct CheckFiles : PrintsJson {};

int run(const daemon::Settings& settings, const GenerateKey& verb);
int run(const daemon::Settings& settings, const PrintHash& verb);
int run(const daemon::Settings& settings, const ListServices& verb);
/// Also what is wrong with the configuration file itself.
int run(const daemon::Settings& settings, const CheckFiles& verb,
        const std::vector<store::ConfigError>& configuration_errors);

// Words that are a service are as the person wrote them (meant.hpp).

struct ShowStatus : AsksDaemon, PrintsJson {};
struct ExplainWhy : AsksDaemon, PrintsJson {
  std::string service;
};
struct Discover : AsksDaemon, PrintsJson {
  bool watch = false;
};
struct Publish : AsksDaemon, PrintsJson {
  std::string address;
  std::string title;
};
struct Unpublish : AsksDaemon, PrintsJson {
  std::string service;  ///< id, title or link
};
struct PinName : AsksDaemon, PrintsJson {
  std::string name;
  std::string link;
};
struct UnpinName : AsksDaemon, PrintsJson {
  std::string name;
};
struct ShowNames : AsksDaemon, PrintsJson {
  std::string export_to;    ///< a file, `-` for standard output; empty: no export
  std::string import_from;  ///< a file, `-` for standard input; empty: no import
};
struct OpenService : AsksDaemon, PrintsJson {
  std::string service;
};
struct Connect : AsksDaemon {
  std::string service;
};
struct Forward : AsksDaemon, PrintsJson {
  std::string service;
  std::string listen_at;
};

int run(const daemon::Settings& settings, const ShowStatus& verb);
int run(const daemon::Settings& settings, const ExplainWhy& verb);
int run(const daemon::Settings& settings, const Discover& verb);
int run(const daemon::Settings& settings, const Publish& verb);
int run(const daemon::Settings& settings, const Unpublish& verb);
int run(const daemon::Settings& settings, const PinName& verb);
int run(const daemon::Settings& settings, const UnpinName& verb);
int run(const daemon::Settings& settings, const ShowNames& verb);
int run(const daemon::Settings& settings, const OpenService& verb);
int run(const daemon::Settings& settings, const Connect& verb);
int run(const daemon::Settings& settings, const Forward& verb);

}  // namespace hardline::cli
