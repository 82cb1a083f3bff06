// publish and unpublish: services of this computer, by way of the running daemon.
#include <fmt/format.h>

#include <algorithm>

#include "ask.hpp"
#include "hardline/base/ascii.hpp"
#include "hardline/base/percent.hpp"
#include "hardline/base/text.hpp"
#include "hardline/dashboard/qr_code.hpp"
#include "hardline/store/names_file.hpp"
#include "meant.hpp"
#include "table.hpp"
#include "verbs.hpp"
#include "words.hpp"

namespace hardline::cli {
namespace {

/// The daemon makes a certificate and waits for the disk.
constexpr auto kPublishLimit = std::chrono::seconds(30);

Json to_json(const std::string& title, const OriginAddress& address) {
  if (const auto* socket = std::get_if<UnixPath>(&address)) return {{"title", title}, {"socket", socket->path}};
  const auto& where = std::get<HostPort>(address);
  return {{"title", title}, {"host", where.host}, {"port", where.port}};
}

void print_service(const Json& service) {
  const auto terminal = standard_output();
  const auto link = text_at(service, "link");
  fmt::print("{}\n{}\n", terminal.paint(Tone::heading, text_at(service, "title")), link);
  if (!terminal.interactive) return;
  if (const auto code = dashboard::qr_terminal(link, terminal.colour)) fmt::print("\n{}\n", *code);
  fmt::print("Anyone with this link can open the service, from anywhere.\n");
}

/// Those of `services` that a person may mean by `word`; by the first of these that fits any: its id, its link or name,
/// its title, its title in any case.
std::vector<Json> find_meant(const Json& services, const std::string& word) {
  const auto link = store::parse_link(word);
  const auto is_id = [&](const Json& service) { return text_at(service, "id") == word && !word.empty(); };
  const auto is_link = [&](const Json& service) { return link && text_at(service, "key_hash") == link->key.hex(); };
  const auto is_title = [&](const Json& service) { return service.at("title") == word; };
  const auto is_like_title = [&](const Json& service) {
    return to_lower(service.at("title").get<std::string>()) == to_lower(word);
  };
  std::vector<Json> found;
  const auto collect = [&](const auto& fits) {
    if (found.empty()) std::copy_if(services.begin(), services.end(), std::back_inserter(found), fits);
  };
  collect(is_id);
  collect(is_link);
  collect(is_title);
  collect(is_like_title);
  return found;
}

Table to_table(const std::vector<Json>& services) {
  Table table({{"ID"}, {"TITLE", Column::Room::cut}, {"ORIGIN", Column::Room::cut}});
  for (const auto& service : services)
    table.add({text_at(service, "id"), text_at(service, "title"), text_at(service, "origin")});
  return table;
}

/// The one service that is meant, or a complaint that helps to name it.
Json find_one(const Json& services, const std::string& word) {
  auto found = find_meant(services, word);
  if (found.size() == 1) return std::move(found.front());
  const bool several = !found.empty();
  if (!several) found.assign(services.begin(), services.end());
  if (!found.empty()) fmt::print(stderr, "{}", to_table(found).text({}));
  const auto shown = visible_text(word);
  if (several) throw Refused(fmt::format("several services are called \"{}\": give the ID of one of these", shown));
  throw Refused(found.empty() ? fmt::format("no service is called \"{}\"; nothing is published", shown)
                              : fmt::format("no service is called \"{}\"; these are published", shown));
}

}  // namespace

int run(const daemon::Settings& settings, const Publish& verb) {
  const auto address = parse_meant_origin(verb.address);
  const auto service =
      ask(settings, make_request("POST", "/api/services", to_json(verb.title, address)), kPublishLimit);
  if (verb.json)
    print_json(service);
  else
    print_service(service);
  return kDone;
}

int run(const daemon::Settings& settings, const Unpublish& verb) {
  const auto answer = ask(settings, "/api/services");
  const auto service = find_one(answer.at("services"), verb.service);
  const auto id = text_at(service, "id");
  const auto title = text_at(service, "title");
  if (id.empty())
    throw Refused(
        fmt::format("{} comes from the daemon's command line: start the daemon without --service instead", title));
  web::HttpRequest request;
  request.method = "DELETE";
  request.target = "/api/services/" + percent_encode(service.at("id").get<std::string>());
  const auto removed = ask(settings, request, kPublishLimit);
  if (verb.json)
    print_json(removed);
  else
    fmt::print("{} is no longer published. Its files are kept in {}\n", title, text_at(removed, "kept_in"));
  return kDone;
}

}  // namespace hardline::cli
