#include <fmt/format.h>

#include <exception>

#include "command_line.hpp"
#include "daemon.hpp"
#include "hardline/base/log.hpp"
#include "verbs.hpp"

namespace {

using namespace hardline::app;

struct Execute {
  Settings& settings;

  int operator()(const RunDaemon&) const {
    hardline::log::init(*hardline::log::parse_level(settings.log_level));
    Daemon daemon(std::move(settings));
    return daemon.run();
  }
  int operator()(const GenerateKey& verb) const { return generate_key(verb.certfile); }
  int operator()(const PrintHash& verb) const { return print_hash(verb.certfile); }
  int operator()(const ListServices&) const { return list_services(settings); }
  int operator()(const CheckFiles&) const { return check_files(settings); }
  int operator()(const Done& verb) const { return verb.exit_status; }
};

}  // namespace

int main(int argc, char** argv) {
  try {
    hardline::log::init(spdlog::level::warn);  // what a verb has to say it prints
    auto command = parse_command_line(argc, argv);
    return std::visit(Execute{command.settings}, command.verb);
  } catch (const std::exception& e) {
    fmt::print(stderr, "hardlined: {}\n", e.what());
    return 1;
  }
}
