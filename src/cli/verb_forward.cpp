// forward: a local port that leads to a service, for as long as this runs.
#include <fmt/format.h>

#include "ask.hpp"
#include "control_client.hpp"
#include "meant.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace hardline::cli {
namespace {

void print_event(const Json& event, const std::string& service) {
  if (const auto address = text_at(event, "listening"); !address.empty())
    fmt::print("{} leads to {}; Ctrl-C ends it.\n", standard_output().paint(Tone::heading, address), service);
  if (const auto problem = text_at(event, "problem"); !problem.empty()) fmt::print(stderr, "hardlined: {}\n", problem);
}

}  // namespace

int run(const daemon::Settings& settings, const Forward& verb) {
  const auto service = parse_meant_service(verb.service);
  const auto where = parse_meant_listener(verb.listen_at);
  const auto request =
      make_request("POST", "/api/forward", {{"name", name_of(service)}, {"address", where.host}, {"port", where.port}});
  const auto take = [&](std::string_view line) {
    if (line.empty()) return;
    const auto event = Json::parse(line);
    if (verb.json)
      fmt::print("{}\n", event.dump(-1, ' ', standard_output().interactive, Json::error_handler_t::replace));
    else
      print_event(event, public_name_of(service));
    std::fflush(stdout);
  };
  const auto end = watch_daemon(daemon::find_control_socket(settings), request, kAnswerLimit, take);
  if (end.refusal) throw_refusal(*end.refusal);
  if (end.by_us) return kDone;
  fmt::print(stderr, "hardlined: the daemon has stopped, so the port is closed\n");
  return kProblem;
}

}  // namespace hardline::cli
