// A petname is a label that is no service's, a link leads where its service's own name does, and a file of names reads
// the same after it was written.
#include <string>

#include "fuzz.hpp"
#include "hardline/store/names_file.hpp"
#include "hardline/wire/host_name.hpp"

namespace {

using namespace hardline;
using namespace hardline::store;
using fuzz::require;

void check_petname(std::string_view text) {
  const auto name = Petname::parse(text);
  if (!name) return require(!name.error().empty(), "a refusal says why");
  const auto target = wire::parse_host(name->text() + ".localhost:7009");
  const auto* label = std::get_if<wire::HostIsLabel>(&target);
  require(label && label->label == name->text(), "a petname is a host's label, and no service's");
  require(!parse_link(name->text()), "a petname is no link");
  const auto meant = parse_meant("http://" + name->text() + ".localhost:7009/");
  const auto* same = meant ? std::get_if<Petname>(&*meant) : nullptr;
  require(same && *same == *name, "a petname may come as a link, too");
  require(Petname::parse(name->text()) == *name, "a petname reads the same after it was written");
}

void check_link(std::string_view text) {
  const auto service = parse_link(text);
  const auto meant = parse_meant(text);
  require((meant && std::holds_alternative<ServiceName>(*meant)) == service.has_value(), "who has a link means it");
  if (!service) return;
  const auto again = parse_link(service->label());
  require(again && again->label() == service->label(), "a link leads where its service's own name does");
  const bool is_whole = !service->password || service->password->fits_in_host();
  const auto url = parse_link(" " + service->url(7009) + "\r");
  require(url && url->key == service->key, "a link leads where its service's URL does");
  require(!is_whole || url->label() == service->label(), "a URL has the password, where it can");
}

bool same(const Pin& a, const Pin& b) {
  return a.name == b.name && a.service.label() == b.service.label();
}

void check_file(std::string_view text) {
  const auto file = parse_names(text);
  require(file.pins.size() <= kMaxPins, "the names are bounded");
  std::size_t line = 0;
  for (const auto& error : file.errors) {
    require(error.line > line && !error.problem.empty(), "errors come in the order of their lines");
    line = error.line;
  }
  const auto again = parse_names(format_names(file.pins));
  require(again.errors.empty(), "what is written is understood");
  require(std::equal(file.pins.begin(), file.pins.end(), again.pins.begin(), again.pins.end(), same),
          "a file of names reads the same after it was written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::as_text(data, size);
  check_petname(text);
  check_link(text);
  check_file(text);
  return 0;
}
