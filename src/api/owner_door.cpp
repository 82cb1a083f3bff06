#include "hardline/api/owner_door.hpp"

#include <fmt/format.h>

#include <chrono>
#include <deque>
#include <optional>

#include "hardline/base/text.hpp"
#include "hardline/web/chunked_stream.hpp"
#include "hardline/web/json_response.hpp"
#include "json_body.hpp"

namespace hardline::api {
namespace {

using Json = nlohmann::ordered_json;

/// Events that wait for one who reads slowly; the oldest go.
constexpr std::size_t kMaxEvents = 100;

/// How often the list of neighbours is compared with what was told of it: what a person takes for at once.
constexpr auto kLookEvery = std::chrono::milliseconds(250);

/// Octets of an address that somebody gave, in what is said about it.
constexpr std::size_t kMaxShown = 60;

/// The head of an answer that is a line of JSON for each event.
web::Response json_lines() {
  return {200, "application/x-ndjson", ""};
}

web::Response only(std::string_view methods) {
  auto refusal = web::error_response(405, "method_not_allowed", fmt::format("Only {} is allowed here.", methods));
  refusal.fields.emplace_back("Allow", methods);
  return refusal;
}

web::Response no_protocol() {
  auto refusal = web::error_response(
      426, "upgrade_required",
      fmt::format("This opens a connection: ask with Connection: Upgrade and Upgrade: {}.", OwnerDoor::kProtocol));
  refusal.fields.emplace_back("Upgrade", OwnerDoor::kProtocol);
  return refusal;
}

std::string_view code_of(const tunnel::OpenFailure& failure) {
  if (std::holds_alternative<tunnel::DialFailure>(failure)) return "unreachable";
  return std::holds_alternative<tunnel::Refused>(failure) ? "refused" : "broken_off";
}

web::Response no_tunnel(const tunnel::OpenFailure& failure) {
  return web::error_response(502, code_of(failure), tunnel::describe(failure));
}

web::Response cannot_listen(const std::string& address, std::uint16_t port, const std::error_code& error) {
  const auto where = HostPort{clean_text(address, kMaxShown), port}.to_string();
  if (error == std::errc::address_in_use)
    return web::error_response(409, "port_taken",
                               fmt::format("Another program has {}. Choose another port, or 0 for a free one.", where));
  return web::error_response(400, "bad_address",
                             fmt::format("Cannot listen on {}: {}. Give `localhost`, `*` or an address of this "
                                         "computer, and a port that you may open.",
                                         where, error.message()));
}

/// Its request may end meanwhile.
awaitable<void> finish_forward(std::shared_ptr<tunnel::PortForward> forward,
                               std::chrono::steady_clock::duration grace) {
  co_await forward->sessions().finish(grace);
}

/// The list without what changes by itself.
Json without_ages(Json neighbours) {
  for (auto& neighbour : neighbours) neighbour.erase("heard_ms_ago");
  return neighbours;
}

}  // namespace

/// A program's connection to a service.
class OwnerDoor::ConnectSession final : public Session {
 public:
  ConnectSession(SessionRegistry& registry, web::Exchange::Taken taken, tunnel::Tunnel& tunnel)
      : Session(registry), near_(taken.stream, std::move(taken.early)), tunnel_(tunnel) {}

  awaitable<void> run(BufferPool& buffers) { co_await tunnel::relay_tunnel(near_, tunnel_, buffers, outcome_); }

  std::uint64_t progress() const override { return outcome_.octets(); }
  void close_session() override {
    near_.abort();
    tunnel_.stream->abort();
  }
  void check_path() override { tunnel_.stream->check_path(); }

 private:
  web::ChunkedStream near_;
  tunnel::Tunnel& tunnel_;
  RelayOutcome outcome_;
};

void OwnerDoor::check_paths() {
  connected_.check_paths();
  for (const auto& forward : forwards_) forward->sessions().check_paths();
}

void OwnerDoor::stop() {
  for (const auto& forward : forwards_) forward->stop();
}

void OwnerDoor::close_all() {
  connected_.close_all();
  for (const auto& forward : forwards_) forward->sessions().close_all();
}

awaitable<void> OwnerDoor::finish(std::chrono::steady_clock::duration grace) {
  TaskGroup finishing(tools_.executor);
  finishing.spawn("connections", connected_.finish(grace));
  for (const auto& forward : forwards_) finishing.spawn("forward", finish_forward(forward, grace));
  co_await finishing.join();
}

awaitable<void> OwnerDoor::handle(web::Exchange& exchange) {
  const auto path = exchange.request().path();
  if (path == "/api/connect") {
    co_await connect(exchange);
  } else if (path == "/api/forward") {
    co_await forward(exchange);
  } else if (path == "/api/neighbours/events") {
    co_await watch_lan(exchange);
  } else {
    const auto response = co_await api_.answer(exchange.request());
    co_await exchange.respond(response);
  }
}

awaitable<void> OwnerDoor::connect(web::Exchange& exchange) {
  const auto& request = exchange.request();
  const auto text = request.parameter("name");
  const auto service = text ? api_.resolve(*text) : std::nullopt;
  std::optional<web::Response> refusal;
  if (request.method != "GET")
    refusal = only("GET");
  else if (!web::asks_for_protocol(request, kProtocol))
    refusal = no_protocol();
  else if (!service)
    refusal = unknown_name_response(text.value_or(""));
  if (refusal) {
    co_await exchange.respond(*refusal);
    co_return;
  }
  const std::string_view nothing_yet;
  auto opened = co_await tunnel::open_tunnel(tools_, *service, nothing_yet);
  if (!opened) {
    const auto failure = no_tunnel(opened.error());
    co_await exchange.respond(failure);
    co_return;
  }
  auto taken = co_await exchange.take_over(kProtocol);
  if (!taken) co_return;
  ConnectSession session(connected_, std::move(*taken), *opened);
  co_await session.run(tools_.buffers);
}

awaitable<void> OwnerDoor::forward(web::Exchange& exchange) {
  JsonBody body(exchange.request());
  const auto name = body.required_text("name");
  const auto address = body.text("address").value_or("localhost");
  const auto port = body.port("port", true).value_or(0);
  auto refusal = body.refusal();
  if (exchange.request().method != "POST")
    refusal = only("POST");
  else if (!refusal && !api_.resolve(name))
    refusal = unknown_name_response(name);
  std::deque<std::string> events;
  tunnel::PortForward::Resolve resolve = [this, &name] { return api_.resolve(name); };
  tunnel::PortForward::Failed failed = [&](const std::string& problem) {
    events.push_back(web::to_line({{"problem", problem}}));
    if (events.size() > kMaxEvents) events.pop_front();
    exchange.news().notify();
  };
  const auto forward = std::make_shared<tunnel::PortForward>(tools_, std::move(resolve), std::move(failed));
  if (!refusal) try {
      forward->open(address, port);
    } catch (const std::system_error& e) {
      refusal = cannot_listen(address, port, e.code());
    }
  if (refusal) {
    co_await exchange.respond(*refusal);
    co_return;
  }
  events.push_back(web::to_line({{"listening", HostPort{address, forward->port()}.to_string()}}));
  TaskGroup sessions(tools_.executor);
  forward->start(sessions);
  forwards_.insert(forward);
  const auto head = json_lines();
  co_await exchange.begin(head);
  while (!exchange.is_over()) {
    if (events.empty()) {
      co_await exchange.news().wait();
      continue;
    }
    const auto line = std::move(events.front());
    events.pop_front();
    co_await exchange.send(line);
  }
  forwards_.erase(forward);
  forward->stop();
  forward->sessions().close_all();
  co_await sessions.join();
}

awaitable<void> OwnerDoor::watch_lan(web::Exchange& exchange) {
  if (web::is_change(exchange.request().method)) {
    const auto refusal = only("GET, HEAD");
    co_await exchange.respond(refusal);
    co_return;
  }
  const auto head = json_lines();
  co_await exchange.begin(head);
  const auto looking = api_.subjects().lan.look();
  std::optional<Json> told;
  while (!exchange.is_over()) {
    auto now = api_.neighbours();
    auto compared = without_ages(now);
    if (told != compared) {
      told = std::move(compared);
      const auto line = web::to_line({{"neighbours", std::move(now)}});
      co_await exchange.send(line);
    }
    const auto next = std::chrono::steady_clock::now() + kLookEvery;
    co_await exchange.news().wait_until(next);
  }
}

}  // namespace hardline::api
