// Each line of a service file is used or named, what is wrong with it can be said, and the editor changes what it is
// asked to and nothing else.
#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "fuzz.hpp"
#include "hardline/base/ascii.hpp"
#include "hardline/store/ini.hpp"
#include "hardline/store/service_editor.hpp"
#include "hardline/store/service_file.hpp"
#include "hardline/store/spelling.hpp"
#include "store/quantity.hpp"

namespace {

using namespace hardline;
using namespace hardline::store;
using fuzz::require;

constexpr auto kFile = "/services/x.ini";

/// Of those, a file may have a tab.
bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7F; });
}

int lines_of(std::string_view text) {
  return 1 + static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

void check_error(const ConfigError& error, std::string_view text) {
  require(error.file() == kFile && !error.problem().empty(), "an error names the file and the problem");
  require(error.line() >= 0 && error.line() <= lines_of(text), "an error names a line that there is");
  const std::string_view said = error.what();
  require(!has_control_character(said), "an error is one line");
}

std::optional<std::vector<IniEntry>> entries_of(std::string_view text) {
  try {
    return parse_ini(kFile, text);
  } catch (const ConfigError& error) {
    check_error(error, text);
    return std::nullopt;
  }
}

/// Of the lines, how many say `key=value`.
std::size_t settings_in(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  constexpr std::string_view kNoSetting = ";#[";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::size_t settings = 0;
  while (!text.empty()) {
    const auto line = take_until(text, '\n');
    const auto first = line.find_first_not_of(" \t\r");
    if (first != std::string_view::npos && kNoSetting.find(line[first]) == std::string_view::npos) ++settings;
  }
  return settings;
}

void check_entries(std::string_view text, const std::vector<IniEntry>& entries) {
  require(entries.size() == settings_in(text), "each line is an entry, a section or a comment");
  int line = 0;
  for (const auto& entry : entries) {
    require(entry.line > line && entry.line <= lines_of(text), "entries come in the order of their lines");
    line = entry.line;
    require(!entry.section.empty() && !entry.key.empty(), "an entry has a section and a key");
    require(entry.section == to_lower(entry.section) && entry.key == to_lower(entry.key), "keys are in lower case");
  }
}

void check_origin(const OriginAddress& origin) {
  if (const auto* where = std::get_if<HostPort>(&origin))
    require(!where->host.empty() && where->port != 0, "a web server has a host and a port");
  else
    require(std::get<UnixPath>(origin).path.starts_with('/'), "a socket has a whole path");
}

std::optional<ServiceFile> service_of(std::string_view text) {
  try {
    return parse_service_file(kFile, text);
  } catch (const ConfigError& error) {
    check_error(error, text);
    return std::nullopt;
  }
}

void check_service(std::string_view text, const std::vector<IniEntry>& entries) {
  const auto service = service_of(text);
  if (!service) return;
  require(service->certfile.is_absolute() && !service->title.empty(), "a service has a certificate and a title");
  require(service->warnings.size() <= entries.size(), "a line is warned of once");
  for (const auto& warning : service->warnings)
    require(warning.starts_with("/services/x.ini:") && warning.find(" has no effect") != std::string::npos,
            "a warning names its line");
  if (const auto* origin = std::get_if<OriginAddress>(&service->origin)) check_origin(*origin);
  require(service == service_of(text), "a file is read the same twice");
}

/// That of the entry, or nullptr.
const std::string* value_in(const std::vector<IniEntry>& entries, std::string_view section, std::string_view key) {
  for (const auto& entry : entries)
    if (entry.section == section && entry.key == key) return &entry.value;
  return nullptr;
}

void check_edited(std::string_view text, const std::vector<IniEntry>& before, const IniChange& change) {
  std::string edited;
  try {
    edited = edit_ini(text, {change});
  } catch (const std::invalid_argument&) {
    return require(has_control_character(change.value) || change.value.find('\t') != std::string::npos,
                   "text without control characters can be a value");
  }
  const auto after = entries_of(edited);
  if (!after) return require(!entries_of("[Info]\ntitle=" + change.value), "what can be a value is written as one");
  const auto section = to_lower(change.section);
  const auto key = to_lower(change.key);
  const auto* value = value_in(*after, section, key);
  require(value && *value == change.value, "a changed key has its new value");
  require(after->size() == before.size() + (value_in(before, section, key) ? 0 : 1), "no other line comes or goes");
  for (const auto& entry : before) {
    if (entry.section == section && entry.key == key) continue;
    const auto* kept = value_in(*after, entry.section, entry.key);
    require(kept && *kept == entry.value, "what was not changed stays as it is");
  }
  require(edit_ini(edited, {change}) == edited, "the same change twice is one");
}

void check_quantity(std::string_view text) {
  const auto octets = parse_octets(text);
  if (!octets) return;
  require(*octets >> 63 == 0, "an amount fits into 63 bits");
  require(parse_octets(std::to_string(*octets)) == octets, "an amount reads the same after it was written");
  require(parse_octets(to_lower(text)) == octets, "units are the same in either case");
}

void check_spelling(std::string_view text) {
  constexpr std::array<std::string_view, 3> kWords{"service", "port", "certfile"};
  const auto meant = closest(text.substr(0, 100), kWords);
  require(meant.empty() || std::find(kWords.begin(), kWords.end(), meant) != kWords.end(),
          "a guess is one of the words");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::as_text(data, size);
  auto rest = text;
  const std::string first(take_until(rest, '\n'));
  check_quantity(first);
  check_spelling(first);
  for (const auto one : {text, rest}) {
    const auto entries = entries_of(one);
    if (!entries) continue;
    check_entries(one, *entries);
    check_service(one, *entries);
    check_edited(one, *entries, {"Info", "title", first});
    check_edited(one, *entries, {"Service", "port", "8096"});
  }
  return 0;
}
