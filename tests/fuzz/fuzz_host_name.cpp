// Whatever is not foreign ends in `localhost`, and means the same in every spelling.
#include <algorithm>
#include <cctype>
#include <string>

#include "fuzz.hpp"
#include "hardline/wire/host_name.hpp"

namespace {

using namespace hardline;
using namespace hardline::wire;
using fuzz::require;

/// The kind of a target and its label, for comparing.
std::string described(const HostTarget& target) {
  if (const auto* service = std::get_if<ServiceName>(&target)) return "service " + service->label();
  if (const auto* label = std::get_if<HostIsLabel>(&target)) return "label " + label->label;
  return std::holds_alternative<HostIsLocalhost>(target) ? "localhost" : "foreign";
}

std::string changed(std::string_view text, int (*change)(int)) {
  std::string result(text);
  for (char& c : result)
    if (static_cast<unsigned char>(c) < 0x80) c = static_cast<char>(change(c));
  return result;
}

void check_label(const HostIsLabel& target) {
  require(!target.label.empty() && target.label.size() <= 63, "a label is as long as DNS allows");
  for (char c : target.label)
    require((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_', "a label is plain");
  require(!ServiceName::parse(target.label), "a label is not a service's name");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto host = fuzz::as_text(data, size);
  const auto target = parse_host(host);
  const auto description = described(target);
  require(described(parse_host(changed(host, std::toupper))) == description, "case means nothing");
  require(described(parse_host(changed(host, std::tolower))) == description, "case means nothing");

  if (std::holds_alternative<HostIsForeign>(target)) return 0;
  auto name = changed(host.substr(0, host.find(':')), std::tolower);
  if (name.ends_with('.')) name.pop_back();
  require(name == "localhost" || name.ends_with(".localhost"), "only localhost's names are ours");
  require(std::count(name.begin(), name.end(), '.') <= 1, "there is one label before localhost at most");
  for (const char* ending : {"", ".", ":7009", ".:7009", ":"})
    require(described(parse_host(name + ending)) == description, "a dot and a port mean nothing");
  if (const auto* label = std::get_if<HostIsLabel>(&target)) check_label(*label);
  return 0;
}
