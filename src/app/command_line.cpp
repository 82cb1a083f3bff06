#include "command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "hardline/base/log.hpp"
#include "hardline/store/spelling.hpp"

namespace hardline::app {
namespace {

constexpr auto kAbout =
    "Opens web services of other computers, and publishes those of this one, by names that prove themselves.\n"
    "Without a verb it runs the daemon in the foreground; Ctrl-C ends it.";

constexpr auto kLast = CLI::MultiOptionPolicy::TakeLast;

constexpr auto kExamples = R"(
Examples:
  hardlined                                    run with the service files in the default folder
  hardlined --servicedir ./services --localport 7019
  hardlined --service localhost --serviceport 8096 --certfile ~/jellyfin.cert --servicetitle Jellyfin
  hardlined list                               the published services and their addresses
  hardlined check                              is every service file right? The exit status says it
  hardlined keygen ~/jellyfin.cert             make an identity before it is needed
  hardlined status                             can this computer be reached from outside, and how?
  hardlined why NAME                           why does that service open, or not?

Then open http://NAME.localhost:7009/ in a browser, NAME being what `hardlined list` shows on the other computer.)";

/// A flag that stands for a key of the configuration file, and takes the same values.
struct Flag {
  std::string_view section;
  std::string_view key;
  std::string name;
  std::string type_name;  ///< empty: it takes no value, and means `no`
  std::string text;
  bool list = false;  ///< may be repeated; together they are the list
  std::string group = "Options";
};

std::vector<Flag> make_flags(const Settings& defaults) {
  const std::string net = "Across the network";
  return {
      {"Daemon", "servicedir", "--servicedir", "DIR",
       fmt::format("Folder of service files [{}]", defaults.service_directory.string())},
      {"Daemon", "statedir", "--statedir", "DIR",
       fmt::format("Folder for what the daemon learns [{}]", defaults.state_directory.string())},
      {"Daemon", "socket", "--socket", "PATH",
       "Where the daemon and its verbs meet [hardlined.sock in $RUNTIME_DIRECTORY, else in the state folder]"},
      {"Daemon", "p2pport", "--p2pport", "N",
       "Port for other daemons, 0 for any free one [7008, or a free one after it]"},
      {"Daemon", "localport", "--localport", "N", "Port for this computer's browsers, 0 for none [7009]"},
      {"Daemon", "loglevel", "--log-level", "L", "error, warn, info, debug or trace [info]"},
      {"Daemon", "publicaddress", "--public-address", "ADDRESS:PORT",
       "Where this computer can be reached from outside; may be repeated, best first", true, net},
      {"LAN", "enabled", "--no-lan", "", "Neither find nor be found on the local network", false, net},
      {"DHT", "enabled", "--no-dht", "", "Neither find nor be found by the DHT, by a node of our own or a proxy", false,
       net},
      {"DHT", "bootstrap", "--dht-bootstrap", "HOST:PORT",
       "Node by which to enter the DHT; may be repeated, none for none [bootstrap.jami.net:4222]", true, net},
      {"DHT", "port", "--dht-port", "N", "UDP port of our own DHT node [any free one]", false, net},
      {"DHT", "network", "--dht-network", "N", "Number of the DHT to enter [0, the public one]", false, net},
      {"DHT", "proxies", "--dht-proxy", "URL",
       "DHT proxy, best first; may be repeated, none for none [http://dhtproxy.jami.net]", true, net},
      {"Portmap", "enabled", "--no-portmap", "", "Ask no router to let connections in", false, net},
      {"Portmap", "upnp", "--no-upnp", "", "Not by UPnP", false, net},
      {"Portmap", "natpmp", "--no-natpmp", "", "Not by NAT-PMP", false, net},
      {"Portmap", "pinholes", "--no-pinholes", "", "Not for IPv6", false, net},
      {"Timeouts", "search", "--search-timeout", "SECONDS", "How long to look for a service [20]", false, net},
      {"Timeouts", "attempt", "--attempt-timeout", "SECONDS", "How long to try one address [5]", false, net},
  };
}

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
  const auto add_options = [&names](const CLI::App& of) {
    for (const auto* option : of.get_options())
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  };
  add_options(app);
  for (const auto* verb : app.get_subcommands({})) {
    names.push_back(verb->get_name());
    add_options(*verb);
  }
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

  const auto flags = make_flags(defaults);
  std::vector<std::vector<std::string>> values(flags.size());
  std::vector<char> switches(flags.size());  // not bool: CLI11 refers to each
  for (std::size_t i = 0; i < flags.size(); ++i) {
    const auto& flag = flags[i];
    CLI::Option* option = nullptr;
    if (flag.type_name.empty())
      option = app.add_flag_callback(
          flag.name, [&on = switches[i]] { on = 1; }, flag.text);
    else
      option = app.add_option(flag.name, values[i], flag.text)->type_name(flag.type_name)->allow_extra_args(false);
    option->group(flag.group);
    // The last one counts, so that a script can put its own options before its user's.
    if (!flag.list && !flag.type_name.empty()) option->expected(1)->multi_option_policy(kLast);
  }
  std::string config;
  app.add_option("--config", config,
                 fmt::format("Configuration file [{}, if it exists]", default_config_file().string()))
      ->type_name("FILE")
      ->multi_option_policy(kLast);
  app.add_flag("--allow-test-certs", settings.allow_test_certificates,
               "Serve even the certificates of certs-test, whose keys everybody has");

  SingleService single;
  const std::string group = "One service without a file";
  const auto add_single = [&](const std::string& name, std::string& value, const char* type, const std::string& text) {
    app.add_option(name, value, text)->type_name(type)->group(group)->multi_option_policy(kLast);
  };
  add_single("--service", single.host, "HOST", "Host name, address or unix:/path of the service");
  add_single("--serviceport", single.port, "N", "Its port");
  add_single("--certfile", single.certfile, "FILE", "Its certificate; made if missing");
  add_single("--servicetitle", single.title, "TEXT", "Its title on the local network");

  std::string certificate;
  auto* keygen = app.add_subcommand("keygen", "Make a new identity: CERTFILE, CERTFILE.private and CERTFILE.hash");
  keygen->add_option("CERTFILE", certificate)->required();
  auto* hash = app.add_subcommand("hash", "Print the KEYHASH of a certificate");
  hash->add_option("CERTFILE", certificate)->required();
  auto* list = app.add_subcommand("list", "List the published services with title and address");
  auto* check = app.add_subcommand("check", "Say what is wrong with the configuration and the service files");
  bool json = false;
  auto* status = app.add_subcommand("status", "Say how the running daemon stands with the network");
  status->add_flag("--json", json, "As JSON, described in docs/api.md");
  std::string service;
  auto* why = app.add_subcommand("why", "Have the running daemon look for a service, and say what became of it");
  why->add_option("NAME", service, "NAME, NAME.localhost or the whole address http://NAME.localhost:7009/")->required();
  why->add_flag("--json", json, "As JSON, described in docs/api.md");

  for (auto* verb : app.get_subcommands({})) verb->group("Verbs");

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& answer) {  // --help, --version
    command.verb = Done{app.exit(answer)};
    return command;
  } catch (const CLI::ParseError& error) {
    command.verb = Done{complain(app, error, argc, argv)};
    return command;
  }

  std::error_code hidden;  // a file that may be there and cannot be looked at is read, which then says why not
  if (config.empty() && (std::filesystem::exists(default_config_file(), hidden) || hidden))
    config = default_config_file().string();
  if (!config.empty()) command.configuration_errors = read_config_file(config, settings);
  bool service_directory_given = false;
  for (std::size_t i = 0; i < flags.size(); ++i) {
    const auto& flag = flags[i];
    if (switches[i]) values[i] = {"no"};
    if (values[i].empty()) continue;
    if (flag.key == "servicedir") service_directory_given = true;
    try {
      apply_setting(settings, flag.section, flag.key, fmt::format("{}", fmt::join(values[i], ",")));
    } catch (const SettingError& error) {
      fmt::print(stderr, "hardlined: {}: {}\n", flag.name, error.what());
      command.verb = Done{kUsageError};
      return command;
    }
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
    if (!service_directory_given) settings.service_directory.clear();  // this one service is all there is
  }

  if (keygen->parsed())
    command.verb = GenerateKey{certificate};
  else if (hash->parsed())
    command.verb = PrintHash{certificate};
  else if (list->parsed())
    command.verb = ListServices{};
  else if (check->parsed())
    command.verb = CheckFiles{};
  else if (status->parsed())
    command.verb = ShowStatus{json};
  else if (why->parsed())
    command.verb = ExplainWhy{std::move(service), json};
  return command;
}

}  // namespace hardline::app
