#include "command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "hardline/base/log.hpp"
#include "hardline/store/spelling.hpp"

namespace hardline::app {
namespace {

constexpr int kUsageError = 2;

constexpr auto kAbout =
    "Opens web services of other computers, and publishes those of this one, by names that prove themselves.\n"
    "Without a verb it runs the daemon in the foreground; Ctrl-C ends it.";

constexpr auto kExamples = R"(
Examples:
  hardlined                                    run with the service files in the default folder
  hardlined --servicedir ./services --localport 7019
  hardlined --service localhost --serviceport 8096 --certfile ~/jellyfin.cert --servicetitle Jellyfin
  hardlined list                               the published services and their addresses
  hardlined check                              is every service file right? The exit status says it
  hardlined keygen ~/jellyfin.cert             make an identity before it is needed

Then open http://NAME.localhost:7009/ in a browser, NAME being what `hardlined list` shows on the other computer.)";

/// As the service file would say it.
struct SingleService {
  std::string host;
  std::string port;
  std::string certfile;
  std::string title;

  bool given() const { return !(host.empty() && port.empty() && certfile.empty() && title.empty()); }
};

store::ServiceFile to_service_file(const SingleService& given) {
  const auto text = fmt::format("[Service]\nservice={}\n{}certfile={}\n[Info]\ntitle={}\n", given.host,
                                given.port.empty() ? "" : "port=" + given.port + "\n",
                                std::filesystem::absolute(given.certfile).string(), given.title);
  return store::parse_service_file(std::filesystem::current_path() / "command line", text);
}

/// One or two lines for a person, on standard error.
int complain(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  std::string text = error.what();
  if (const auto end = text.find('\n'); end != std::string::npos) text.resize(end);
  fmt::print(stderr, "hardlined: {}\n", text);
  std::vector<std::string> names;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  for (const auto* verb : app.get_subcommands({})) names.push_back(verb->get_name());
  const std::vector<std::string_view> known(names.begin(), names.end());
  for (const std::string_view argument : std::span(argv + 1, static_cast<std::size_t>(argc - 1))) {
    const auto word = argument.substr(0, argument.find('='));
    if (std::find(known.begin(), known.end(), word) != known.end()) continue;
    if (const auto meant = store::closest(word, known); !meant.empty()) {
      fmt::print(stderr, "Did you mean {}?\n", meant);
      return kUsageError;
    }
  }
  fmt::print(stderr, "Run `hardlined --help` for what it takes.\n");
  return kUsageError;
}

}  // namespace

Command parse_command_line(int argc, char** argv) {
  Command command;
  auto& settings = command.settings;
  settings = default_settings();
  const auto defaults = settings;

  CLI::App app(kAbout, "hardlined");
  app.footer(kExamples);
  app.set_version_flag("--version", "hardlined " HARDLINE_VERSION, "The version");
  app.set_help_flag("--help,-h", "This text");
  app.get_formatter()->column_width(34);
  app.get_formatter()->label("SUBCOMMAND", "VERB");
  app.fallthrough();
  app.require_subcommand(0, 1);

  std::string config, service_directory, state_directory, log_level;
  int p2p_port = -1, local_port = -1;
  std::vector<std::string> public_addresses;
  SingleService single;
  const CLI::Range port_range(0, 65535);
  app.add_option("--servicedir", service_directory,
                 fmt::format("Folder of service files [{}]", defaults.service_directory.string()))
      ->type_name("DIR");
  app.add_option("--statedir", state_directory,
                 fmt::format("Folder for what the daemon learns [{}]", defaults.state_directory.string()))
      ->type_name("DIR");
  app.add_option("--p2pport", p2p_port, "Port for other daemons, 0 for any free one [7008, or a free one after it]")
      ->type_name("N")
      ->check(port_range.description(""));
  app.add_option("--localport", local_port, "Port for this computer's browsers, 0 for none [7009]")
      ->type_name("N")
      ->check(port_range.description(""));
  app.add_option("--public-address", public_addresses,
                 "Where this computer can be reached from outside; may be repeated, best first")
      ->type_name("ADDRESS:PORT")
      ->allow_extra_args(false);
  app.add_option("--config", config,
                 fmt::format("Configuration file [{}, if it exists]", default_config_file().string()))
      ->type_name("FILE");
  app.add_option("--log-level", log_level, "error, warn, info, debug or trace [info]")
      ->type_name("L")
      ->check(CLI::IsMember({"error", "warn", "info", "debug", "trace"}).description(""));
  app.add_flag("--allow-test-certs", settings.allow_test_certificates,
               "Serve even the certificates of certs-test, whose keys everybody has");

  const std::string group = "One service without a file";
  app.add_option("--service", single.host, "Host name, address or unix:/path of the service")
      ->type_name("HOST")
      ->group(group);
  app.add_option("--serviceport", single.port, "Its port")->type_name("N")->group(group);
  app.add_option("--certfile", single.certfile, "Its certificate; made if missing")->type_name("FILE")->group(group);
  app.add_option("--servicetitle", single.title, "Its title on the local network")->type_name("TEXT")->group(group);

  std::string certificate;
  auto* keygen = app.add_subcommand("keygen", "Make a new identity: CERTFILE, CERTFILE.private and CERTFILE.hash");
  keygen->add_option("CERTFILE", certificate)->required();
  auto* hash = app.add_subcommand("hash", "Print the KEYHASH of a certificate");
  hash->add_option("CERTFILE", certificate)->required();
  auto* list = app.add_subcommand("list", "List the published services with title and address");
  auto* check = app.add_subcommand("check", "Say what is wrong with the configuration and the service files");

  for (auto* verb : app.get_subcommands({})) verb->group("Verbs");

  // The last one counts, so that a script can put its own options before its user's.
  for (auto* option : app.get_options())
    if (option->get_items_expected_max() == 1) option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& answer) {  // --help, --version
    command.verb = Done{app.exit(answer)};
    return command;
  } catch (const CLI::ParseError& error) {
    command.verb = Done{complain(app, error, argc, argv)};
    return command;
  }

  if (!config.empty())
    read_config_file(config, settings);
  else if (std::filesystem::exists(default_config_file()))
    read_config_file(default_config_file(), settings);
  if (!service_directory.empty()) settings.service_directory = service_directory;
  if (!state_directory.empty()) settings.state_directory = state_directory;
  if (!log_level.empty()) settings.log_level = log_level;
  if (p2p_port >= 0) {
    settings.p2p_port = static_cast<std::uint16_t>(p2p_port);
    settings.p2p_port_was_asked_for = true;
  }
  if (local_port >= 0) settings.local_port = static_cast<std::uint16_t>(local_port);
  if (!public_addresses.empty()) settings.public_addresses.clear();
  for (const auto& text : public_addresses) {
    const auto address = HostPort::parse(text);
    if (!address) {
      fmt::print(stderr, "hardlined: --public-address: \"{}\" is not ADDRESS:PORT, as in 203.0.113.7:7008\n", text);
      command.verb = Done{kUsageError};
      return command;
    }
    settings.public_addresses.push_back(*address);
  }
  if (single.given()) {
    if (single.host.empty() || single.certfile.empty()) {
      fmt::print(
          stderr,
          "hardlined: one service without a file needs --service, --certfile and, unless it is unix:, --serviceport\n");
      command.verb = Done{kUsageError};
      return command;
    }
    settings.single_service = to_service_file(single);
    if (service_directory.empty()) settings.service_directory.clear();  // this one service is all there is
  }

  if (keygen->parsed())
    command.verb = GenerateKey{certificate};
  else if (hash->parsed())
    command.verb = PrintHash{certificate};
  else if (list->parsed())
    command.verb = ListServices{};
  else if (check->parsed())
    command.verb = CheckFiles{};
  return command;
}

}  // namespace hardline::app
