#include "hardline/api/words.hpp"

#include <fmt/format.h>

#include "hardline/base/words.hpp"

namespace hardline::api {
namespace {

std::string with_problem(std::string text, std::string_view problem) {
  return problem.empty() ? text : fmt::format("{}: {}", text, problem);
}

}  // namespace

std::string_view name_of(reach::PortMapperStatus::State state) {
  switch (state) {
    case reach::PortMapperStatus::State::off: return "off";
    case reach::PortMapperStatus::State::searching: return "searching";
    case reach::PortMapperStatus::State::no_gateway: return "no_gateway";
    case reach::PortMapperStatus::State::refused: return "refused";
    case reach::PortMapperStatus::State::mapped: return "mapped";
  }
  return "unknown";
}

std::string_view name_of(dht::DhtNodeStatus::State state) {
  switch (state) {
    case dht::DhtNodeStatus::State::idle: return "idle";
    case dht::DhtNodeStatus::State::connecting: return "connecting";
    case dht::DhtNodeStatus::State::connected: return "connected";
    case dht::DhtNodeStatus::State::disconnected: return "disconnected";
  }
  return "unknown";
}

std::string sentence_of(const RouterState& router) {
  if (!router.enabled) return "Not asked to open a port: switched off by the configuration";
  if (router.state == "off")
    return with_problem(
        router.any_published ? "Not asked to open a port yet" : "Not asked to open a port: nothing is published",
        router.problem);
  const auto name = router.name.empty() ? std::string_view("The router") : router.name;
  std::string text = "Looking for one that opens ports…";
  if (router.state == "no_gateway") text = "No router here opens ports on request";
  if (router.state == "refused") text = fmt::format("{} refuses to open the port", name);
  if (router.state == "mapped" && router.port != 0)
    text = fmt::format("{} forwards port {} to this computer ({})", name, router.port, router.way);
  return with_problem(std::move(text), router.problem);
}

std::string sentence_of_node(std::string_view state, std::uint64_t good_nodes, std::string_view problem) {
  std::string text(state);
  if (state == "idle") text = problem.empty() ? "Not needed yet" : "Cannot run";
  if (state == "connecting") text = "Connecting…";
  if (state == "connected") text = "Connected to " + count_of(good_nodes, "node");
  if (state == "disconnected") text = "No node answers; trying again";
  return with_problem(std::move(text), problem);
}

std::string sentence_of_announcement(std::string_view when, std::string_view problem) {
  if (!problem.empty()) return fmt::format("Not announced in the DHT: {}", problem);
  return when.empty() ? "Not announced in the DHT yet" : fmt::format("Announced in the DHT {}", when);
}

}  // namespace hardline::api
