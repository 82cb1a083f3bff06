// open: a service in this person's browser.
#include <fmt/format.h>

#include <algorithm>

#include "ask.hpp"
#include "browser.hpp"
#include "local_port.hpp"
#include "meant.hpp"
#include "verbs.hpp"

namespace hardline::cli {
namespace {

void demand_pinned(const daemon::Settings& settings, const Petname& name) {
  const auto answer = ask(settings, "/api/names");
  const auto& names = answer.at("names");
  const bool pinned =
      std::any_of(names.begin(), names.end(), [&](const Json& known) { return text_at(known, "name") == name.text(); });
  if (!pinned)
    throw Refused(
        fmt::format("no service is pinned as {0}: pin one with `hardlined pin {0} LINK`; `hardlined names` lists the "
                    "pinned ones",
                    name.text()));
}

}  // namespace

int run(const daemon::Settings& settings, const OpenService& verb) {
  const auto service = parse_meant_service(verb.service);
  if (const auto* name = std::get_if<Petname>(&service)) demand_pinned(settings, *name);
  const auto url = url_of(service, local_port_of_daemon(settings));
  if (!verb.json) fmt::print("{}\n", url);
  std::fflush(stdout);
  const auto end = open_in_browser(url);
  if (verb.json) print_json({{"url", url}, {"opened", end == BrowserEnd::opened}});
  if (end == BrowserEnd::none)
    fmt::print(stderr,
               "hardlined: there is no browser to start here (name one in $BROWSER): open the address yourself\n");
  if (end == BrowserEnd::failed) fmt::print(stderr, "hardlined: the browser could not open it\n");
  return end == BrowserEnd::failed ? kProblem : kDone;
}

}  // namespace hardline::cli
