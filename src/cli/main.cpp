#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <optional>
#include <system_error>
#include <type_traits>

#include "ask.hpp"
#include "command_line.hpp"
#include "control_client.hpp"
#include "hardline/base/log.hpp"
#include "hardline/base/unique_fd.hpp"
#include "hardline/daemon/daemon.hpp"
#include "verbs.hpp"

namespace {

using namespace hardline;
using namespace hardline::cli;

struct Execute {
  daemon::Settings& settings;
  const std::vector<store::ConfigError>& configuration_errors;

  int operator()(const RunDaemon&) const {
    hardline::log::init(*hardline::log::parse_level(settings.log_level));
    daemon::Daemon daemon(std::move(settings));
    return daemon.run();
  }
  int operator()(const Done& verb) const { return verb.exit_status; }
  int operator()(const CheckFiles& verb) const { return run(settings, verb, configuration_errors); }
  template <class V>
  int operator()(const V& verb) const {
    return run(settings, verb);
  }
};

/// The exit status for a verb that cannot go on with a broken configuration file; nullopt for one that can.
struct RefusalStatus {
  std::optional<int> operator()(const Done&) const { return std::nullopt; }
  std::optional<int> operator()(const CheckFiles&) const { return std::nullopt; }
  template <class V>
  std::optional<int> operator()(const V&) const {
    return std::is_base_of_v<AsksDaemon, V> ? kUsageError : kProblem;
  }
};

int execute(Command& command) {
  const auto& errors = command.configuration_errors;
  if (const auto refusal = std::visit(RefusalStatus{}, command.verb); refusal && !errors.empty()) {
    for (const auto& error : errors) fmt::print(stderr, "hardlined: {}\n", error.what());
    return *refusal;
  }
  const int status = std::visit(Execute{command.settings, errors}, command.verb);
  if (std::fflush(stdout) != 0) throw std::system_error(hardline::last_error(), "standard output");
  return status;
}

int complain(int status, const std::exception& problem) {
  fmt::print(stderr, "hardlined: {}\n", problem.what());
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    hardline::log::init(spdlog::level::warn);  // what a verb has to say it prints
    auto command = parse_command_line(argc, argv);
    return execute(command);
  } catch (const UsageError& e) {
    return complain(kUsageError, e);
  } catch (const NoDaemon& e) {
    return complain(kNoDaemon, e);
  } catch (const Json::exception&) {
    fmt::print(stderr, "hardlined: the daemon's answer makes no sense; does it run a different version?\n");
    return kProblem;
  } catch (const std::exception& e) {
    return complain(kProblem, e);
  }
}
