#include "hardline/store/names_file.hpp"

#include <algorithm>
#include <set>

#include "hardline/base/ascii.hpp"
#include "hardline/wire/host_name.hpp"

namespace hardline::store {
namespace {

constexpr std::string_view kHeading =
    "# Names of services, one per line: the name, then the service. What stands before a dash is its password.\n";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kBlanks = " \t\r";

/// No link is longer by far: a whole URL with a long path.
constexpr std::size_t kMaxLink = 2048;

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// Of a link what stands between its scheme, if it has one, and its path.
std::string_view host_of(std::string_view link) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (to_lower(link.substr(0, scheme.size())) == scheme) {
      link.remove_prefix(scheme.size());
      break;
    }
  return link.substr(0, link.find_first_of("/?#"));
}

tl::expected<Pin, std::string> parse_line(std::string_view line) {
  const auto end_of_name = std::min(line.find_first_of(kBlanks), line.size());
  auto name = Petname::parse(line.substr(0, end_of_name));
  if (!name) return tl::unexpected("the name " + name.error());
  const auto link = trim(line.substr(end_of_name));
  if (link.empty()) return tl::unexpected<std::string>("the service is missing after the name");
  auto service = parse_link(link);
  if (!service) return tl::unexpected<std::string>("what follows the name is neither a link nor a service's own name");
  return Pin{*std::move(name), *std::move(service)};
}

}  // namespace

NamesFile parse_names(std::string_view text) {
  NamesFile file;
  std::set<Petname> seen;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::size_t read = 0;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const auto line = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    if (++read > kMaxPins) {
      file.errors.push_back(
          {number, "there are more than " + std::to_string(kMaxPins) + " lines; the rest is not read"});
      break;
    }
    auto pin = parse_line(line);
    if (!pin)
      file.errors.push_back({number, std::move(pin).error()});
    else if (!seen.insert(pin->name).second)
      file.errors.push_back({number, "the name is already on an earlier line"});
    else
      file.pins.push_back(*std::move(pin));
  }
  return file;
}

std::string format_names(const std::vector<Pin>& pins) {
  std::string text(kHeading);
  for (const auto& pin : pins) text += pin.name.text() + " " + pin.service.label() + "\n";
  return text;
}

std::optional<ServiceName> parse_link(std::string_view text) {
  if (text.size() > kMaxLink) return std::nullopt;
  text = trim(text);
  // First as it is: a password of old may have a character that would end a URL's host.
  if (auto service = ServiceName::parse(text)) return service;
  const auto host = host_of(text);
  if (auto service = ServiceName::parse(host)) return service;
  auto target = wire::parse_host(host);
  if (auto* service = std::get_if<ServiceName>(&target)) return std::move(*service);
  return std::nullopt;
}

std::optional<MeantService> parse_meant(std::string_view text) {
  if (auto service = parse_link(text)) return *std::move(service);
  if (text.size() > kMaxLink) return std::nullopt;
  const auto host = host_of(trim(text));
  const auto target = wire::parse_host(host);
  const auto* label = std::get_if<wire::HostIsLabel>(&target);
  if (auto name = Petname::parse(label ? label->label : host)) return *std::move(name);
  return std::nullopt;
}

}  // namespace hardline::store
