// pin, unpin and names: what this person calls the services of others.
#include <fmt/format.h>
#include <sys/types.h>

#include <iostream>
#include <iterator>

#include "ask.hpp"
#include "hardline/base/percent.hpp"
#include "hardline/base/text.hpp"
#include "hardline/base/words.hpp"
#include "hardline/find/finder.hpp"
#include "hardline/store/file.hpp"
#include "hardline/store/names_file.hpp"
#include "local_port.hpp"
#include "meant.hpp"
#include "table.hpp"
#include "verbs.hpp"
#include "words.hpp"

namespace hardline::cli {
namespace {

/// Of a file of names, and more than the daemon takes.
constexpr std::size_t kMaxNamesFile = 1024 * 1024;  // octets
/// The links have passwords in them.
constexpr mode_t kPrivate = 0600;
constexpr std::string_view kStandardStream = "-";

std::string target_of(const Petname& name) {
  return "/api/names/" + percent_encode(name.text());
}

[[noreturn]] void throw_file_problem(const std::string& file, std::error_code error) {
  throw std::runtime_error(fmt::format("{}: {}", visible_text(file), error.message()));
}

// ---- names

/// How a service was reached, for people; a daemon of another version may have a word that is not known here.
std::string describe_path(std::string path) {
  using find::Source;
  for (const auto source : {Source::this_machine, Source::lan, Source::remembered, Source::dht, Source::dht_proxy})
    if (path == find::source_word(source)) return std::string(find::describe(source));
  return path;
}

/// How it went the last time, in a word and its reason.
Cell describe_visit(const Json& name) {
  const auto reached = name.value("reached_seconds_ago", Json());
  const auto problem = text_at(name, "problem");
  if (!name.value("missed", Json()).is_null())
    return {problem.empty() ? "not reached" : clean_text(problem, kMaxText), Tone::bad};
  return reached.is_null() ? Cell("") : Cell("reached", Tone::good);
}

Table to_table(const Json& names) {
  Table table({{"NAME"}, {"REACHED"}, {"VIA"}, {"LAST TIME", Column::Room::cut}, {"LINK", Column::Room::own_line}});
  for (const auto& name : names) {
    const auto reached = name.value("reached_seconds_ago", Json());
    table.add({text_at(name, "name"), reached.is_null() ? "never" : ago(reached.get<std::int64_t>()),
               describe_path(text_at(name, "path")), describe_visit(name), text_at(name, "link")});
  }
  return table;
}

int show_names(const daemon::Settings& settings, bool json) {
  const auto answer = ask(settings, "/api/names");
  const auto& names = answer.at("names");
  if (json) {
    print_json(answer);
  } else if (names.empty()) {
    fmt::print(stderr, "No names yet. `hardlined pin NAME LINK` gives a service one.\n");
  } else {
    fmt::print("{}", to_table(names).text(standard_output()));
  }
  return kDone;
}

// ---- names --export, --import

std::string read_all(const std::string& file) {
  if (file == kStandardStream) return {std::istreambuf_iterator<char>(std::cin), {}};
  auto text = store::read_small_file(file, kMaxNamesFile);
  if (!text) throw_file_problem(file, text.error());
  return std::move(*text);
}

void write_all(const std::string& file, const std::string& text) {
  if (file == kStandardStream) {
    fmt::print("{}", text);
    return;
  }
  std::error_code ignored;
  const auto there = std::filesystem::status(file, ignored);
  if (std::filesystem::exists(there) && !std::filesystem::is_regular_file(there))  // a device would be replaced
    throw std::runtime_error(fmt::format("{} is not a regular file; use - for standard output", visible_text(file)));
  store::NewFile made(file);
  auto error = made.write(text, kPrivate);
  if (!error) error = made.replace();
  if (error) throw_file_problem(file, error);
}

int export_names(const daemon::Settings& settings, const ShowNames& verb) {
  web::HttpRequest request;
  request.target = "/api/names.txt";
  const auto text = ask_for_text(settings, request);
  write_all(verb.export_to, text);
  const auto count = store::parse_names(text).pins.size();
  if (verb.export_to == kStandardStream) return kDone;
  if (verb.json)
    print_json({{"exported", count}, {"file", verb.export_to}});
  else
    fmt::print("{} written to {}, which contains passwords.\n", count_of(count, "name"), visible_text(verb.export_to));
  return kDone;
}

/// All of them or none: a file that is only half understood is to be mended first.
int import_names(const daemon::Settings& settings, const ShowNames& verb) {
  const auto text = read_all(verb.import_from);
  const auto file = store::parse_names(text);
  const auto source = verb.import_from == kStandardStream ? "standard input" : verb.import_from;
  for (const auto& error : file.errors)
    fmt::print(stderr, "hardlined: {}:{}: {}\n", visible_text(source), error.line, visible_text(error.problem));
  if (!file.errors.empty()) throw std::runtime_error("nothing was imported: fix these lines first");
  web::HttpRequest request;
  request.method = "POST";
  request.target = "/api/names.txt";
  request.body = text;
  request.fields.emplace_back("Content-Type", "text/plain");
  ask_for_text(settings, request);
  const auto count = file.pins.size();
  if (verb.json)
    print_json({{"imported", count}});
  else
    fmt::print("{} imported.\n", count_of(count, "name"));
  return kDone;
}

}  // namespace

int run(const daemon::Settings& settings, const PinName& verb) {
  const auto name = parse_meant_petname(verb.name);
  const auto service = store::parse_link(verb.link);
  if (!service)
    throw UsageError(
        fmt::format("\"{}\" is not a service's link: give its whole address or its own name, as `hardlined list` shows "
                    "them on its computer",
                    visible_text(verb.link)));
  ask(settings, make_request("PUT", target_of(name), {{"link", service->label()}}));
  const auto url = url_of(name, local_port_of_daemon(settings));
  if (verb.json)
    print_json({{"name", name.text()}, {"key_hash", service->key.hex()}, {"url", url}});
  else
    fmt::print("{} now leads to that service.\n", url);
  return kDone;
}

int run(const daemon::Settings& settings, const UnpinName& verb) {
  const auto name = parse_meant_petname(verb.name);
  web::HttpRequest request;
  request.method = "DELETE";
  request.target = target_of(name);
  ask(settings, request);
  if (verb.json)
    print_json({{"name", name.text()}, {"pinned", false}});
  else
    fmt::print("{} is unpinned.\n", name.text());
  return kDone;
}

int run(const daemon::Settings& settings, const ShowNames& verb) {
  if (!verb.export_to.empty() && !verb.import_from.empty())
    throw UsageError("--export and --import cannot be used together");
  if (!verb.export_to.empty()) return export_names(settings, verb);
  if (!verb.import_from.empty()) return import_names(settings, verb);
  return show_names(settings, verb.json);
}

}  // namespace hardline::cli
