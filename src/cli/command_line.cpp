#include "command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "flags.hpp"
#include "hardline/daemon/built_without.hpp"
#include "hardline/store/spelling.hpp"

namespace hardline::cli {
namespace {

constexpr auto kAbout =
    "Open web services on other computers and publish this one's, under names that prove which service you reached.\n"
    "Without a verb, run the daemon in the foreground; Ctrl-C ends it.";

constexpr auto kLast = CLI::MultiOptionPolicy::TakeLast;

constexpr auto kExamples = R"(
Every verb has its own --help, and --json if it prints something.
Most verbs talk to the daemon running on this computer.
Exit status: 0 success; 1 failed or not found; 2 usage error; 3 no daemon, or no permission to ask it.

Examples:
  hardlined                                      run the daemon with the service files in the default folder
  hardlined publish 8096 --title Jellyfin        publish what listens on this computer's port 8096
  hardlined discover                             on another computer: list the services on this network
  hardlined pin jellyfin LINK                    name it: it is now http://jellyfin.localhost:7009/
  hardlined open jellyfin                        open it in the browser
  ssh -o ProxyCommand='hardlined connect %h' nas
  hardlined forward desktop 5900                 for programs that do not resolve NAME.localhost (VNC))";

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
  const auto verbs = app.get_subcommands();
  fmt::print(stderr, "Run `hardlined {}--help` for its usage.\n", verbs.empty() ? "" : verbs[0]->get_name() + " ");
  return kUsageError;
}

/// The verbs first: who asks for help mostly wants one of them.
class HelpFormatter final : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    if (mode == CLI::AppFormatMode::Sub) return make_expanded(app);
    auto text = make_description(app) + make_usage(app, std::move(name)) + make_positionals(app) +
                make_subcommands(app, mode) + make_groups(app, mode) + "\n" + make_footer(app);
    for (auto gap = text.find("\n\n\n"); gap != std::string::npos; gap = text.find("\n\n\n", gap)) text.erase(gap, 1);
    return text;
  }
};

/// Who asks for help should not have to guess what the build can do.
std::string version_text() {
  std::string text = "hardlined " HARDLINE_VERSION;
  for (const auto& lack : daemon::built_without()) text += "\nBuilt without " + lack;
  return text;
}

}  // namespace

Command parse_command_line(int argc, char** argv) {
  Command command;
  auto& settings = command.settings;
  settings = daemon::default_settings();
  const auto defaults = settings;

  CLI::App app(kAbout, "hardlined");
  app.formatter(std::make_shared<HelpFormatter>());
  app.footer(kExamples);
  app.set_version_flag("--version", version_text(), "Show the version");
  app.set_help_flag("--help,-h", "Show this help");
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
                 fmt::format("Configuration file [{}, if it exists]", daemon::default_config_file().string()))
      ->type_name("FILE")
      ->multi_option_policy(kLast);
  app.add_flag("--allow-test-certs", settings.allow_test_certificates,
               "Serve even the certificates in certs-test, whose keys are public");

  SingleService single;
  const std::string group = "One service without a file";
  const auto add_single = [&](const std::string& name, std::string& value, const char* type, const std::string& text) {
    app.add_option(name, value, text)->type_name(type)->group(group)->multi_option_policy(kLast);
  };
  add_single("--service", single.host, "HOST", "Host name, address or unix:/path of the service");
  add_single("--serviceport", single.port, "N", "Its port");
  add_single("--certfile", single.certfile, "FILE", "Its certificate; made if missing");
  add_single("--servicetitle", single.title, "TEXT", "Its title on the local network");

  const VerbLines verbs(app);

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
  if (config.empty() && (std::filesystem::exists(daemon::default_config_file(), hidden) || hidden))
    config = daemon::default_config_file().string();
  if (!config.empty()) command.configuration_errors = daemon::read_config_file(config, settings);
  bool service_directory_given = false;
  for (std::size_t i = 0; i < flags.size(); ++i) {
    const auto& flag = flags[i];
    if (switches[i]) values[i] = {"no"};
    if (values[i].empty()) continue;
    if (flag.key == "servicedir") service_directory_given = true;
    try {
      daemon::apply_setting(settings, flag.section, flag.key, fmt::format("{}", fmt::join(values[i], ",")));
    } catch (const daemon::SettingError& error) {
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

  command.verb = verbs.chosen();
  return command;
}

}  // namespace hardline::cli
