#include "verb_lines.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <type_traits>

namespace hardline::app {
namespace {

constexpr auto kService = "The name it is pinned under, its own name, or its address http://NAME.localhost:7009/";

}  // namespace

template <class V>
std::pair<CLI::App&, V&> VerbLines::add(const std::string& group, const std::string& name, const std::string& text) {
  const auto verb = std::make_shared<V>();  // stays where it is, as CLI11 refers to it
  auto* line = app_.add_subcommand(name, text)->group(group);
  line->footer("");  // not that of the whole program
  if constexpr (std::is_base_of_v<PrintsJson, V>)
    line->add_flag("--json", verb->json, "The answer as JSON (docs/api.md)");
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
  const std::string group = "Verbs: services of others";
  {
    auto [line, verb] = add<Discover>(group, "discover", "Who is on this network, with their links");
    line.add_flag("--watch", verb.watch, "Go on, and show who comes and goes; Ctrl-C ends it");
  }
  {
    auto [line, verb] = add<OpenService>(group, "open", "Open a service in the browser; says its address");
    line.add_option("NAME", verb.service, kService)->required();
  }
  {
    auto [line, verb] = add<Connect>(group, "connect", "Standard input and output through a tunnel, as ssh wants it");
    line.add_option("NAME", verb.service, kService)->required();
  }
  {
    auto [line, verb] = add<Forward>(group, "forward", "A local port that leads to a service, until Ctrl-C");
    line.add_option("NAME", verb.service, kService)->required();
    line.add_option("[ADDR:]PORT", verb.listen_at, "Where to listen: localhost, if no address; port 0 is any free one")
        ->required();
  }
}

void VerbLines::add_for_names() {
  const std::string group = "Verbs: names for them";
  {
    auto [line, verb] = add<PinName>(group, "pin", "Give a service a name: http://NAME.localhost:7009/");
    line.add_option("NAME", verb.name, "Letters, digits and dashes")->required();
    line.add_option("LINK", verb.link, "Its address, as `discover` shows it, or its owner gave it")->required();
  }
  {
    auto [line, verb] = add<UnpinName>(group, "unpin", "Take a name back");
    line.add_option("NAME", verb.name, "As `names` shows it")->required();
  }
  {
    auto [line, verb] = add<ShowNames>(group, "names", "The names, and how each service was last reached");
    line.add_option("--export", verb.export_to, "Write them to a file, - for standard output; it holds passwords")
        ->type_name("FILE");
    line.add_option("--import", verb.import_from, "Add those of a file, - for standard input; all of them or none")
        ->type_name("FILE");
  }
}

void VerbLines::add_for_publishing() {
  const std::string group = "Verbs: services of this computer";
  {
    auto [line, verb] = add<Publish>(group, "publish", "Publish a service, and say its link");
    line.add_option("HOST:PORT", verb.address, "Where it is; a PORT alone is of this computer; or unix:/path")
        ->required();
    line.add_option("--title", verb.title, "What others see on their network")->type_name("TEXT")->required();
  }
  {
    auto [line, verb] = add<Unpublish>(group, "unpublish", "End that; its files are kept aside");
    line.add_option("ID|TITLE|LINK", verb.service, "Which")->required();
  }
  add<ListServices>(group, "list", "The services of the service files, with their links");
  add<CheckFiles>(group, "check", "What is wrong with the configuration and the service files?");
  {
    auto [line, verb] =
        add<GenerateKey>(group, "keygen", "Make an identity: CERTFILE, CERTFILE.private, CERTFILE.hash");
    line.add_option("CERTFILE", verb.certfile, "A new file")->required();
  }
  {
    auto [line, verb] = add<PrintHash>(group, "hash", "The KEYHASH of a certificate");
    line.add_option("CERTFILE", verb.certfile, "PEM")->required();
  }
}

void VerbLines::add_for_looking() {
  const std::string group = "Verbs: how things stand";
  add<ShowStatus>(group, "status", "How the running daemon stands with the network");
  auto [line, verb] = add<ExplainWhy>(group, "why", "Why does a service open, or not? Every attempt and its end");
  line.add_option("NAME", verb.service, kService)->required();
}

Verb VerbLines::chosen() const {
  for (const auto& [line, verb] : lines_)
    if (line->parsed()) return verb();
  return RunDaemon{};
}

}  // namespace hardline::app
