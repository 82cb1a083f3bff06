// discover: who is on this network, once or as it changes.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "ask.hpp"
#include "control_client.hpp"
#include "hardline/base/text.hpp"
#include "table.hpp"
#include "verbs.hpp"
#include "words.hpp"

namespace hardline::cli {
namespace {

/// For neighbours to answer: they wait for up to a second, so that many do not speak at once (docs/protocol.md).
constexpr auto kHearing = std::chrono::milliseconds(1500);
/// A service that many machines have names this many of them.
constexpr std::size_t kMostMachines = 2;

constexpr std::string_view kNobody = "No service answers on this network.";

std::string describe_machines(const Json& neighbour) {
  const auto& machines = neighbour.at("machines");
  std::string text;
  for (std::size_t i = 0; i < std::min(machines.size(), kMostMachines); ++i)
    text += (text.empty() ? "" : ", ") + text_of(machines[i]);
  if (machines.size() > kMostMachines) text += fmt::format(" and {} more", machines.size() - kMostMachines);
  return text;
}

Cell describe_name(const Json& neighbour) {
  const auto name = text_at(neighbour, "pinned_as");
  const bool ours = neighbour.value("published_here", false);
  return {name.empty() && ours ? "(this computer)" : name, ours ? Tone::faint : Tone::good};
}

std::string describe_age(std::int64_t milliseconds) {
  return milliseconds < 1000 ? "just now" : ago(milliseconds / 1000);
}

enum class Ages { shown, hidden };

/// Those who are watched need no age: who does not answer any more is gone.
Table to_table(const Json& neighbours, Ages ages) {
  Table table({{"TITLE", Column::Room::cut},
               {"MACHINE", Column::Room::cut},
               {"HEARD"},
               {"NAME"},
               {"LINK", Column::Room::own_line}});
  for (const auto& neighbour : neighbours) {
    const auto age = neighbour.value("heard_ms_ago", std::int64_t{0});
    table.add({text_of(neighbour.at("title")), describe_machines(neighbour),
               ages == Ages::shown ? describe_age(age) : "", describe_name(neighbour), text_at(neighbour, "link")});
  }
  return table;
}

int discover_once(const daemon::Settings& settings, bool json) {
  const auto answer = ask(settings, fmt::format("/api/neighbours?wait={}", kHearing.count()));
  const auto& neighbours = answer.at("neighbours");
  if (json)
    print_json(answer);
  else if (neighbours.empty())
    fmt::print(stderr, "{}\n", kNobody);
  else
    fmt::print("{}", to_table(neighbours, Ages::shown).text(standard_output()));
  return kDone;
}

/// What a watcher sees: the whole list again and again on a terminal, what changed for a program.
class Display {
 public:
  virtual ~Display() = default;
  virtual void show(const Json& event) = 0;
};

class JsonDisplay final : public Display {
 public:
  void show(const Json& event) override {
    fmt::print("{}\n", event.dump(-1, ' ', standard_output().interactive, Json::error_handler_t::replace));
  }
};

class ScreenDisplay final : public Display {
 public:
  void show(const Json& event) override {
    const auto terminal = standard_output();
    const auto& neighbours = event.at("neighbours");
    std::string text = terminal.paint(Tone::faint, "Services on this network; Ctrl-C ends it.") + "\n\n";
    text += neighbours.empty() ? std::string(kNobody) + "\n" : to_table(neighbours, Ages::hidden).text(terminal);
    fmt::print("\x1b[H\x1b[J{}", first_lines(text, terminal.rows));  // ECMA-48: to the first line, erase what follows
  }

 private:
  /// More would scroll the screen, and what is above it could not be erased.
  static std::string first_lines(const std::string& text, std::size_t rows) {
    std::size_t end = 0;
    for (std::size_t line = 1; line < rows && end < text.size(); ++line) end = text.find('\n', end) + 1;
    return text.substr(0, end);
  }
};

class ChangesDisplay final : public Display {
 public:
  void show(const Json& event) override {
    std::map<std::string, std::string> now;
    for (const auto& neighbour : event.at("neighbours"))
      now[neighbour.at("key_hash").get<std::string>()] = fmt::format(
          "{}  {}  {}", text_of(neighbour.at("title")), describe_machines(neighbour), text_at(neighbour, "link"));
    for (const auto& [key, line] : shown_)
      if (!now.contains(key)) fmt::print("gone    {}\n", line);
    for (const auto& [key, line] : now) {
      const auto before = shown_.find(key);
      if (before == shown_.end())
        fmt::print("here    {}\n", line);
      else if (before->second != line)
        fmt::print("changed {}\n", line);
    }
    shown_ = std::move(now);
  }

 private:
  std::map<std::string, std::string> shown_;  // by KEYHASH
};

std::unique_ptr<Display> make_display(bool json) {
  if (json) return std::make_unique<JsonDisplay>();
  if (standard_output().interactive) return std::make_unique<ScreenDisplay>();
  return std::make_unique<ChangesDisplay>();
}

int watch(const daemon::Settings& settings, bool json) {
  const auto display = make_display(json);
  web::HttpRequest request;
  request.target = "/api/neighbours/events";
  const auto end =
      watch_daemon(daemon::find_control_socket(settings), request, kAnswerLimit, [&](std::string_view line) {
        if (line.empty()) return;
        display->show(Json::parse(line));
        if (std::fflush(stdout) != 0) throw std::runtime_error("nothing reads this output any more");
      });
  if (end.refusal) throw_refusal(*end.refusal);
  if (end.by_us) return kDone;
  fmt::print(stderr, "hardlined: the daemon has stopped\n");
  return kProblem;
}

}  // namespace

int run(const daemon::Settings& settings, const Discover& verb) {
  return verb.watch ? watch(settings, verb.json) : discover_once(settings, verb.json);
}

}  // namespace hardline::cli
