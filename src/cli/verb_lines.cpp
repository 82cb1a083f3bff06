#include "verb_lines.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <type_traits>

namespace hardline::cli {
namespace {

constexpr auto kService = "The name it is pinned under, its own name, or its address http://NAME.localhost:7009/";

}  // namespace

template <class V>
std::pair<CLI::App&, V&> VerbLines::add(const std::string& group, const std::string& name, const std::string& text) {
  const auto verb = std::make_shared<V>();  // stays where it is, as CLI11 refers to it
  auto* line = app_.add_subcommand(name, text)->group(group);
  line->footer("");  // not that of the whole program
  if constexpr (std::is_base_of_v<PrintsJson, V>) line->add_flag("--json", verb->json, "Print JSON (docs/api.md)");
  lines_.emplace_back(line, [verb] { return Verb(*verb); });
  return {*line, *verb};
}

VerbLines::VerbLines(CLI::App& app) : app_(app) {
  add_for_services();
  add_for_names();
  add_for_publishing();
  add_for_looking();
}

void VerbLines::add_for_services() {
  const std::string group = "Verbs: other people's services";
  {
    auto [line, verb] = add<Discover>(group, "discover", "List the services on this network, with their links");
    line.add_flag("--watch", verb.watch, "Keep watching, and show who comes and goes; Ctrl-C ends it");
  }
  {
    auto [line, verb] = add<OpenService>(group, "open", "Open a service in the browser and print its address");
    line.add_option("NAME", verb.service, kService)->required();
  }
  {
    auto [line, verb] =
        add<Connect>(group, "connect", "Connect standard input and output to a service (ssh ProxyCommand)");
    line.add_option("NAME", verb.service, kService)->required();
  }
  {
    auto [line, verb] = add<Forward>(group, "forward", "Open a local port that leads to a service, until Ctrl-C");
    line.add_option("NAME", verb.service, kService)->required();
    line.add_option("[ADDR:]PORT", verb.listen_at,
                    "Where to listen; on localhost if no address is given; port 0 picks a free one")
        ->required();
  }
}

void VerbLines::add_for_names() {
  const std::string group = "Verbs: names for them";
  {
    auto [line, verb] = add<PinName>(group, "pin", "Give a service a name: http://NAME.localhost:7009/");
    line.add_option("NAME", verb.name, "Letters, digits and dashes")->required();
    line.add_option("LINK", verb.link, "Its address, as `discover` shows it or its owner gave it")->required();
  }
  {
    auto [line, verb] = add<UnpinName>(group, "unpin", "Remove a name");
    line.add_option("NAME", verb.name, "As `names` shows it")->required();
  }
  {
    auto [line, verb] = add<ShowNames>(group, "names", "List the names, and how each service was last reached");
    line.add_option("--export", verb.export_to,
                    "Write the names to FILE (- for standard output); it will contain passwords")
        ->type_name("FILE");
    line.add_option("--import", verb.import_from, "Add the names in FILE (- for standard input); all of them or none")
        ->type_name("FILE");
  }
}

void VerbLines::add_for_publishing() {
  const std::string group = "Verbs: this computer's services";
  {
    auto [line, verb] = add<Publish>(group, "publish", "Publish a service and print its link");
    line.add_option("HOST:PORT", verb.address, "Where it listens: HOST:PORT, PORT on this computer, or unix:/path")
        ->required();
    line.add_option("--title", verb.title, "What others see on their network")->type_name("TEXT")->required();
  }
  {
    auto [line, verb] = add<Unpublish>(group, "unpublish", "Stop publishing a service; its files are kept");
    line.add_option("ID|TITLE|LINK", verb.service, "Service to stop publishing")->required();
  }
  add<ListServices>(group, "list", "List the services in the service files, with their links");
  add<CheckFiles>(group, "check", "Check the configuration and service files");
  {
    auto [line, verb] =
        add<GenerateKey>(group, "keygen", "Create an identity: CERTFILE, CERTFILE.private, CERTFILE.hash");
    line.add_option("CERTFILE", verb.certfile, "File to create")->required();
  }
  {
    auto [line, verb] = add<PrintHash>(group, "hash", "Print the KEYHASH of a certificate");
    line.add_option("CERTFILE", verb.certfile, "Certificate (PEM)")->required();
  }
}

void VerbLines::add_for_looking() {
  const std::string group = "Verbs: diagnosis";
  add<ShowStatus>(group, "status", "Show the state of the running daemon and its network");
  auto [line, verb] = add<ExplainWhy>(group, "why", "Explain why a service does or does not open");
  line.add_option("NAME", verb.service, kService)->required();
}

Verb VerbLines::chosen() const {
  for (const auto& [line, verb] : lines_)
    if (line->parsed()) return verb();
  return RunDaemon{};
}

}  // namespace hardline::cli
