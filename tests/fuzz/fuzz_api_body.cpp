// Of a body of the API, each member is taken or named in the refusal, and what is refused changes nothing.
#include <nlohmann/json.hpp>
#include <string>

#include "api/json_members.hpp"
#include "fuzz.hpp"
#include "hardline/base/json.hpp"

namespace {

using namespace hardline;
using api::JsonMembers;
using fuzz::require;

bool is_utf8(const std::string& text) {
  try {
    return !nlohmann::json(text).dump().empty();
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

void check_refusal(const std::optional<std::string>& refusal) {
  if (!refusal) return;
  require(refusal->ends_with('.') && refusal->size() < 300, "a refusal is a sentence");
  require(is_utf8(*refusal), "a refusal can be written as JSON");
  for (const unsigned char c : *refusal) require(c >= ' ' && c != 0x7F, "a refusal is one line");
}

/// What publishing a service asks for.
void check_members(std::string_view body) {
  JsonMembers members(body);
  const auto title = members.required_text("title");
  const auto host = members.text("host");
  const auto port = members.port("port", true);
  const auto paused = members.flag("paused");
  const auto refusal = members.refusal();
  check_refusal(refusal);
  if (refusal) return;

  auto object = nlohmann::json::parse(body);
  require(object.at("title") == title, "a text is what the object has");
  std::size_t taken = 1;
  if (host) require(object.at("host") == *host && ++taken != 0, "a text is what the object has");
  if (port) require(object.at("port") == *port && ++taken != 0, "a port is what the object has");
  if (paused) require(object.at("paused") == *paused && ++taken != 0, "a flag is what the object has");
  require(object.size() == taken, "each member was taken");
}

/// What asks for nothing takes nothing.
void check_none(std::string_view body) {
  const auto refusal = JsonMembers(body).refusal();
  check_refusal(refusal);
  if (!refusal && !body.empty()) require(nlohmann::json::parse(body).empty(), "an object without members has none");
}

/// The text as a member's value and as its name.
void check_text(std::string_view text) {
  const std::string given(text);
  if (!is_utf8(given)) return;
  const nlohmann::json object{{"title", given}};
  JsonMembers members(object.dump());
  require(members.required_text("title") == given && !members.refusal(), "a text is what was written");
  if (given == "title") return;
  const nlohmann::json unknown{{"title", "x"}, {given, 1}};
  JsonMembers others(unknown.dump());
  others.text("title");
  require(others.refusal() && others.refusal()->find("is not known here") != std::string::npos,
          "what nobody asked for is named");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::as_text(data, size);
  check_members(text);
  check_none(text);
  check_text(text);
  return 0;
}
