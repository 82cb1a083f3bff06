// The verbs as the command line has them: their words, their flags, and which one was chosen.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "verbs.hpp"

namespace CLI {
class App;
}

namespace hardline::cli {

struct RunDaemon {};
/// --help or --version was answered, or the command line was wrong and that was said.
struct Done {
  int exit_status = 0;
};

using Verb = std::variant<RunDaemon, Done, GenerateKey, PrintHash, ListServices, CheckFiles, ShowStatus, ExplainWhy,
                          Discover, Publish, Unpublish, PinName, UnpinName, ShowNames, OpenService, Connect, Forward>;

/// Adds each verb to `app`, which outlives this.
class VerbLines {
 public:
  explicit VerbLines(CLI::App& app);
  VerbLines(const VerbLines&) = delete;
  VerbLines& operator=(const VerbLines&) = delete;

  /// What the line that was parsed asks for.
  Verb chosen() const;

 private:
  void add_for_services();
  void add_for_names();
  void add_for_publishing();
  void add_for_looking();

  /// A verb whose words go to the second of the pair.
  template <class V>
  std::pair<CLI::App&, V&> add(const std::string& group, const std::string& name, const std::string& text);

  CLI::App& app_;
  std::vector<std::pair<CLI::App*, std::function<Verb()>>> lines_;
};

}  // namespace hardline::cli
