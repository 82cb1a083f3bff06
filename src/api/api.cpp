#include "hardline/api/api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "hardline/base/errc.hpp"
#include "hardline/base/log.hpp"
#include "hardline/base/percent.hpp"
#include "hardline/base/text.hpp"
#include "hardline/web/json_response.hpp"
#include "hardline/wire/lpd.hpp"
#include "json_body.hpp"
#include "to_json.hpp"

namespace hardline::api {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::system_clock;

constexpr auto kMaxWait = std::chrono::milliseconds(5000);
/// Octets of what somebody else wrote, in what is said about it.
constexpr std::size_t kMaxShown = 60;
/// Lines of a file that are named in a sentence; all of them are in `lines`.
constexpr std::size_t kMaxLinesNamed = 10;
/// Longest path of a Unix socket (unix(7)).
constexpr std::size_t kMaxSocketPath = 107;

/// The segments of a path, decoded; nullopt where it is none.
std::optional<std::vector<std::string>> segments_of(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    auto decoded = percent_decode(segment);
    if (!decoded) return std::nullopt;
    segments.push_back(std::move(*decoded));
  }
  return segments;
}

std::string shown(std::string_view text) {
  return clean_text(text, kMaxShown);
}

web::Response bad_petname(std::string_view text, std::string_view problem) {
  return web::error_response(400, "bad_petname",
                             fmt::format("“{}” cannot be a name: it {}. A name has letters, digits and dashes, as in "
                                         "`jellyfin`.",
                                         shown(text), problem));
}

web::Response not_pinned(std::string_view name) {
  return web::error_response(404, "not_found",
                             fmt::format("Nothing is pinned as “{}”. /api/names lists what is.", shown(name)));
}

web::Response not_published(std::string_view id) {
  return web::error_response(
      404, "not_found",
      fmt::format("No service of this computer is called “{}”. /api/services lists them by `id`.", shown(id)));
}

/// Why a change of the names was not made.
web::Response not_kept(std::error_code error) {
  if (error == Errc::too_large)
    return web::error_response(
        507, "insufficient_storage",
        fmt::format("There can be {} names at most; nothing was changed. Remove some first.", store::kMaxPins));
  return web::error_response(
      507, "insufficient_storage",
      fmt::format("The names could not be saved, and nothing was changed: {}. Check the disk and "
                  "the permissions of the state folder (/api/status names it).",
                  error.message()));
}

web::Response refused(const Refusal& refusal) {
  return web::error_response(refusal.status, refusal.code, refusal.text);
}

/// How long somebody wants to wait: not at all who does not say; nullopt where that makes no sense.
std::optional<std::chrono::milliseconds> wait_in(const web::Request& request) {
  if (!request.has_parameter("wait")) return std::chrono::milliseconds(0);
  const auto text = request.parameter("wait");
  if (!text) return std::nullopt;
  unsigned number = 0;
  const auto* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, number);
  if (error != std::errc() || stop != end || number > kMaxWait.count()) return std::nullopt;
  return std::chrono::milliseconds(number);
}

/// What a person calls a service, in one line.
tl::expected<std::string, web::Response> title_in(std::string_view text) {
  auto title = clean_text(text, text.size());
  if (title.empty())
    return tl::unexpected(web::error_response(
        400, "bad_title", "The title is empty. Give the service a name that people will know it by."));
  if (title.size() > wire::kMaxLpdTitle)
    return tl::unexpected(web::error_response(
        400, "bad_title",
        fmt::format("The title is too long: it has {} octets, and {} are allowed.", title.size(), wire::kMaxLpdTitle)));
  return title;
}

/// Where a service's bytes come from, as a body says it.
struct AddressMembers {
  explicit AddressMembers(JsonBody& body)
      : host(body.text("host")), port(body.port("port")), socket(body.text("socket")) {}

  bool are_there() const { return host || port || socket; }

  /// What they say, where there is one of them: what they leave out is as it is at `present`.
  tl::expected<OriginAddress, web::Response> address(const std::optional<OriginAddress>& present) const {
    const auto refuse = [](std::string_view text) {
      return tl::unexpected(web::error_response(400, "bad_address", text));
    };
    if (socket) {
      if (host || port)
        return refuse("A service has either \"host\" and \"port\", or \"socket\": give one or the other.");
      const bool is_path =
          socket->starts_with('/') && socket->size() <= kMaxSocketPath && visible_text(*socket) == *socket;
      if (!is_path)
        return refuse(
            fmt::format("\"socket\" must be the whole path of a Unix socket, such as /run/app.sock, of at "
                        "most {} octets.",
                        kMaxSocketPath));
      return UnixPath{*socket};
    }
    const auto* old = present ? std::get_if<HostPort>(&*present) : nullptr;
    if ((!host || !port) && !old)
      return refuse("Say where the service is: \"host\" and \"port\", such as \"127.0.0.1\" and 8096, or \"socket\".");
    HostPort where{host.value_or(old ? old->host : ""), port.value_or(old ? old->port : std::uint16_t{})};
    if (HostPort::parse(where.to_string()) != where)
      return refuse(
          fmt::format("“{}” is not a host: give just a name or an address, such as 127.0.0.1.", shown(where.host)));
    return where;
  }

  std::optional<std::string> host;
  std::optional<std::uint16_t> port;
  std::optional<std::string> socket;
};

/// One request, on its way to an answer.
class Answer {
 public:
  Answer(Api& api, const web::Request& request) : api_(api), subjects_(api.subjects()), request_(request) {}

  /// May throw.
  awaitable<web::Response> make();

 private:
  using Way = awaitable<web::Response> (Answer::*)();
  struct Method {
    std::string_view name;
    Way way;
  };
  struct Route {
    std::vector<std::string_view> path;  ///< `*` is whatever the caller names
    std::vector<Method> methods;
  };

  static const std::vector<Route>& routes();
  bool leads_along(const Route& route, const std::vector<std::string>& path);

  awaitable<web::Response> status();
  awaitable<web::Response> why();
  awaitable<web::Response> neighbours();

  awaitable<web::Response> names();
  awaitable<web::Response> put_name();
  awaitable<web::Response> rename();
  awaitable<web::Response> remove_name();
  awaitable<web::Response> export_names();
  awaitable<web::Response> import_names();

  awaitable<web::Response> services();
  awaitable<web::Response> publish();
  awaitable<web::Response> change_service();
  awaitable<web::Response> remove_service();
  awaitable<web::Response> web_servers();

  web::Response name_response(int status, const store::Pin& pin) const;
  std::optional<OwnService> service_named() const;

  Api& api_;
  ApiSubjects& subjects_;
  const web::Request& request_;
  std::vector<std::string> named_;  ///< what stands in the place of each `*`
};

const std::vector<Answer::Route>& Answer::routes() {
  static const std::vector<Route> kRoutes{
      {{"api", "status"}, {{"GET", &Answer::status}}},
      {{"api", "why"}, {{"GET", &Answer::why}}},
      {{"api", "neighbours"}, {{"GET", &Answer::neighbours}}},
      {{"api", "names"}, {{"GET", &Answer::names}}},
      {{"api", "names.txt"}, {{"GET", &Answer::export_names}, {"POST", &Answer::import_names}}},
      {{"api", "names", "*"}, {{"PUT", &Answer::put_name}, {"DELETE", &Answer::remove_name}}},
      {{"api", "names", "*", "rename"}, {{"POST", &Answer::rename}}},
      {{"api", "services"}, {{"GET", &Answer::services}, {"POST", &Answer::publish}}},
      {{"api", "services", "*"}, {{"PATCH", &Answer::change_service}, {"DELETE", &Answer::remove_service}}},
      {{"api", "web-servers"}, {{"GET", &Answer::web_servers}}},
  };
  return kRoutes;
}

bool Answer::leads_along(const Route& route, const std::vector<std::string>& path) {
  if (route.path.size() != path.size()) return false;
  named_.clear();
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool is_open = route.path[i] == "*";
    if (is_open ? path[i].empty() : path[i] != route.path[i]) return false;
    if (is_open) named_.push_back(path[i]);
  }
  return true;
}

awaitable<web::Response> Answer::make() {
  const auto path = segments_of(request_.path());
  const auto& all = routes();
  const auto route = std::find_if(all.begin(), all.end(), [&](const auto& r) { return path && leads_along(r, *path); });
  if (route == all.end())
    co_return web::error_response(
        404, "not_found",
        "Not found. The API has /api/status, /api/why?name=NAME, /api/neighbours, /api/names, /api/services "
        "and others (docs/api.md).");
  const std::string_view asked = request_.method == "HEAD" ? "GET" : std::string_view(request_.method);
  std::string allowed;
  for (const auto& [name, way] : route->methods) {
    if (name == asked) {
      auto response = co_await (this->*way)();
      co_return response;
    }
    allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", name == "GET" ? "GET, HEAD" : name);
  }
  auto refusal = web::error_response(405, "method_not_allowed", fmt::format("Only {} is allowed here.", allowed));
  refusal.fields.emplace_back("Allow", allowed);
  co_return refusal;
}

awaitable<web::Response> Answer::status() {
  co_return web::json_response(200, to_json(subjects_.status()));
}

awaitable<web::Response> Answer::why() {
  const auto text = request_.parameter("name");
  if (!text) co_return web::error_response(400, "bad_request", "Name one service, as in /api/why?name=NAME.");
  const auto service = api_.resolve(*text);
  if (!service) co_return unknown_name_response(*text);
  const auto key = service->key;
  const auto examination = co_await subjects_.examine(key);
  auto json = to_json(key, examination, system_clock::now());
  const auto pins = subjects_.names.pins();
  const auto pin = std::find_if(pins.begin(), pins.end(), [&](const auto& p) { return p.service.key == key; });
  json["name"] = pin == pins.end() ? Json(nullptr) : Json(pin->name.text());
  co_return web::json_response(200, json);
}

awaitable<web::Response> Answer::neighbours() {
  const auto wait = wait_in(request_);
  if (!wait)
    co_return web::error_response(400, "bad_request",
                                  fmt::format("`wait` is a number of milliseconds, at most {}.", kMaxWait.count()));
  const auto until = std::chrono::steady_clock::now() + *wait;
  std::shared_ptr<void> looking;
  if (wait->count() > 0) looking = subjects_.lan.look();
  auto& lan = subjects_.lan;
  while (!lan.is_closed() && std::chrono::steady_clock::now() < until) co_await lan.changed().wait_until(until);
  co_return web::json_response(200, {{"neighbours", api_.neighbours()}});
}

awaitable<web::Response> Answer::names() {
  const auto now = system_clock::now();
  auto list = Json::array();
  for (const auto& pin : subjects_.names.pins())
    list.push_back(to_json(pin, subjects_.local_port, subjects_.visits.visit(pin.service.key), now));
  co_return web::json_response(200, {{"names", std::move(list)}});
}

web::Response Answer::name_response(int status, const store::Pin& pin) const {
  const auto* visit = subjects_.visits.visit(pin.service.key);
  return web::json_response(status, to_json(pin, subjects_.local_port, visit, system_clock::now()));
}

awaitable<web::Response> Answer::put_name() {
  const auto name = Petname::parse(named_[0]);
  JsonBody body(request_);
  const auto link = body.required_text("link");
  if (const auto refusal = body.refusal()) co_return *refusal;
  if (!name) co_return bad_petname(named_[0], name.error());
  const auto service = api_.resolve(link);
  if (!service) co_return unknown_name_response(link);
  const bool is_new = !subjects_.names.find(name->text());
  const store::Pin pin{*name, *service};
  const auto error = co_await subjects_.names.pin(pin.name, pin.service);
  if (error) co_return not_kept(error);
  co_return name_response(is_new ? 201 : 200, pin);
}

awaitable<web::Response> Answer::rename() {
  const auto from = Petname::parse(named_[0]);
  JsonBody body(request_);
  const auto wanted = body.required_text("to");
  if (const auto refusal = body.refusal()) co_return *refusal;
  const auto* there = from ? subjects_.names.find(from->text()) : nullptr;
  if (!there) co_return not_pinned(named_[0]);
  const auto service = *there;
  const auto to = Petname::parse(wanted);
  if (!to) co_return bad_petname(wanted, to.error());
  const store::Pin pin{*to, service};
  if (from->text() == to->text()) co_return name_response(200, pin);
  const auto error = co_await subjects_.names.rename(*from, *to);
  if (error == std::errc::file_exists)
    co_return web::error_response(
        409, "name_taken",
        fmt::format("Another service is pinned as “{}”. Choose another name, or remove that one first.", to->text()));
  if (error == std::errc::no_such_file_or_directory) co_return not_pinned(named_[0]);
  if (error) co_return not_kept(error);
  co_return name_response(200, pin);
}

awaitable<web::Response> Answer::remove_name() {
  const auto name = Petname::parse(named_[0]);
  const JsonBody body(request_);
  if (const auto refusal = body.refusal()) co_return *refusal;
  const auto* there = name ? subjects_.names.find(name->text()) : nullptr;
  if (!there) co_return not_pinned(named_[0]);
  const store::Pin pin{*name, *there};
  const auto error = co_await subjects_.names.unpin(pin.name);
  if (error) co_return not_kept(error);
  co_return name_response(200, pin);
}

awaitable<web::Response> Answer::export_names() {
  co_return web::Response{200, "text/plain; charset=utf-8", store::format_names(subjects_.names.pins())};
}

awaitable<web::Response> Answer::import_names() {
  if (!has_content_type(request_, "text/plain"))
    co_return web::error_response(415, "unsupported_media_type",
                                  "The body must be a names file with Content-Type: text/plain.");
  auto file = store::parse_names(request_.body);
  if (!file.errors.empty()) {
    std::string text = "Nothing was imported, because of lines that make no sense:";
    auto lines = Json::array();
    for (const auto& [line, problem] : file.errors) {
      if (lines.size() < kMaxLinesNamed) text += fmt::format(" line {}: {};", line, problem);
      lines.push_back({{"line", line}, {"problem", problem}});
    }
    text.back() = '.';
    if (lines.size() > kMaxLinesNamed) text += fmt::format(" And {} more.", lines.size() - kMaxLinesNamed);
    auto json = web::error_to_json("bad_names", text);
    json["error"]["lines"] = std::move(lines);
    co_return web::json_response(400, json);
  }
  const auto count = file.pins.size();
  auto pins = std::move(file.pins);
  const auto error = co_await subjects_.names.import(std::move(pins));
  if (error) co_return not_kept(error);
  co_return web::json_response(200, {{"imported", count}});
}

awaitable<web::Response> Answer::services() {
  auto list = Json::array();
  for (const auto& service : subjects_.publishing.services()) list.push_back(to_json(service, subjects_.local_port));
  co_return web::json_response(200, {{"services", std::move(list)}});
}

std::optional<OwnService> Answer::service_named() const {
  for (auto& service : subjects_.publishing.services())
    if (service.id == named_[0]) return std::move(service);
  return std::nullopt;
}

awaitable<web::Response> Answer::publish() {
  JsonBody body(request_);
  const auto wanted_title = body.required_text("title");
  const AddressMembers members(body);
  if (const auto refusal = body.refusal()) co_return *refusal;
  auto title = title_in(wanted_title);
  if (!title) co_return title.error();
  auto address = members.address(std::nullopt);
  if (!address) co_return address.error();
  const auto service = co_await subjects_.publishing.publish(std::move(*title), std::move(*address));
  if (!service) co_return refused(service.error());
  auto response = web::json_response(201, to_json(*service, subjects_.local_port));
  response.fields.emplace_back("Location", "/api/services/" + percent_encode(service->id));
  co_return response;
}

awaitable<web::Response> Answer::change_service() {
  JsonBody body(request_);
  const auto title = body.text("title");
  const AddressMembers members(body);
  ServiceChanges changes;
  changes.paused = body.flag("paused");
  if (const auto refusal = body.refusal()) co_return *refusal;
  const auto present = service_named();
  if (!present) co_return not_published(named_[0]);
  if (!title && !members.are_there() && !changes.paused)
    co_return web::error_response(400, "bad_request",
                                  "Say what to change: \"title\", \"host\" and \"port\", \"socket\" or \"paused\".");
  if (title) {
    auto wanted = title_in(*title);
    if (!wanted) co_return wanted.error();
    changes.title = std::move(*wanted);
  }
  if (members.are_there()) {
    auto wanted = members.address(present->address);
    if (!wanted) co_return wanted.error();
    changes.address = std::move(*wanted);
  }
  auto id = present->id;
  const auto service = co_await subjects_.publishing.change(std::move(id), std::move(changes));
  if (!service) co_return refused(service.error());
  co_return web::json_response(200, to_json(*service, subjects_.local_port));
}

awaitable<web::Response> Answer::remove_service() {
  const JsonBody body(request_);
  if (const auto refusal = body.refusal()) co_return *refusal;
  const auto present = service_named();
  if (!present) co_return not_published(named_[0]);
  auto id = present->id;
  const auto kept_in = co_await subjects_.publishing.remove(std::move(id));
  if (!kept_in) co_return refused(kept_in.error());
  co_return web::json_response(200, {{"kept_in", *kept_in}});
}

awaitable<web::Response> Answer::web_servers() {
  const auto found = co_await subjects_.find_web_servers();
  auto list = Json::array();
  for (const auto& server : found) list.push_back(to_json(server));
  co_return web::json_response(200, {{"web_servers", std::move(list)}});
}

}  // namespace

web::Response unknown_name_response(std::string_view asked) {
  // What may be a mistyped link is not repeated: a password may be in it.
  const auto petname = Petname::parse(asked);
  const auto begin = petname ? fmt::format("“{}” is neither a petname of yours", petname->text())
                             : std::string("This is neither a petname of yours");
  return web::error_response(
      400, "bad_name",
      begin +
          " nor a service's own name. Give NAME, NAME.localhost or http://NAME.localhost:7009/, NAME "
          "being what you pinned it as, or 40 digits from 0-9 and a-f, usually with a password and a "
          "dash before them.");
}

std::optional<ServiceName> Api::resolve(std::string_view text) const {
  auto meant = store::parse_meant(text);
  if (!meant) return std::nullopt;
  if (auto* service = std::get_if<ServiceName>(&*meant)) return std::move(*service);
  const auto* service = subjects_.names.find(std::get<Petname>(*meant).text());
  return service ? std::optional(*service) : std::nullopt;
}

Json Api::neighbours() const {
  const auto pins = subjects_.names.pins();
  const auto own = subjects_.publishing.services();
  auto list = Json::array();
  for (const auto& neighbour : subjects_.lan.neighbours()) {
    const auto pin = std::find_if(pins.begin(), pins.end(),
                                  [&](const auto& candidate) { return candidate.service.key == neighbour.key; });
    const bool published_here =
        std::any_of(own.begin(), own.end(), [&](const auto& service) { return service.name.key == neighbour.key; });
    list.push_back(to_json(neighbour, subjects_.local_port, pin == pins.end() ? nullptr : &pin->name, published_here));
  }
  return list;
}

awaitable<web::Response> Api::answer(const web::Request& request) {
  std::string problem;
  try {
    Answer answer(*this, request);
    auto response = co_await answer.make();
    co_return response;
  } catch (const std::exception& e) {
    problem = e.what();
  }
  log::error("api: a request could not be answered: {}", problem);
  co_return web::error_response(500, "internal", problem);
}

}  // namespace hardline::api
