#include "hardline/store/ini.hpp"

#include <ini.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "hardline/base/ascii.hpp"
#include "hardline/base/utf8.hpp"
#include "hardline/store/file.hpp"

namespace hardline::store {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMaxFileSize = 1024 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// inih keeps so many octets of a section's name.
constexpr std::size_t kMaxSectionLength = 49;
/// inih's buffer, of 200 octets in Debian's build, must hold a key and the stand-in for its value.
constexpr std::size_t kMaxKeyLength = 100;

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

std::string_view unquote(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == text.back() && (text.front() == '"' || text.front() == '\'');
  return quoted ? text.substr(1, text.size() - 2) : text;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto character = first_character(text);
    if (!character) return false;
    text.remove_prefix(character->length);
  }
  return true;
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7F; });
}

/// Walks the text for inih. Debian's inih cuts values at ` ;` and lines at 200 octets, and takes an indented line for
/// more of the value before it; so it is shown each line without its indentation and with a stand-in for its value,
/// and decides what the line is. The value comes from the line itself.
class Reading {
 public:
  Reading(const fs::path& file, std::string_view text) : file_(file), rest_(text) {
    if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
  }

  std::vector<IniEntry> run() {
    const int bad_line = ini_parse_stream(next_line, this, take_entry, this);
    if (error_ && (bad_line == 0 || error_->line() <= bad_line)) throw *std::move(error_);
    if (bad_line != 0)
      throw ConfigError(file_, bad_line, "", "is not a [section], a key=value or a comment; see services.d.example");
    return std::move(entries_);
  }

 private:
  /// inih's fgets().
  static char* next_line(char* buffer, int size, void* self) {
    return static_cast<Reading*>(self)->next_line(buffer, static_cast<std::size_t>(size)) ? buffer : nullptr;
  }

  /// inih's handler. The value it passes is the stand-in.
  static int take_entry(void* self, const char* section, const char* key, const char*) {
    return static_cast<Reading*>(self)->take_entry(section, key);
  }

  bool next_line(char* buffer, std::size_t size) {
    if (rest_.empty() || error_) return false;
    const auto end = rest_.find('\n');
    line_ = trim(rest_.substr(0, end));
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    ++line_number_;

    if (has_control_character(line_)) return refuse("", "holds a control character; save the file as plain text");
    if (!is_utf8(line_)) return refuse("", "is not UTF-8; save the file in that encoding");
    const auto shown = show();
    if (error_) return false;
    const auto length = std::min(shown.size(), size - 1);
    std::memcpy(buffer, shown.data(), length);
    buffer[length] = '\0';
    return true;
  }

  /// The line as inih is to see it.
  std::string show() {
    if (line_.empty() || line_.front() == ';' || line_.front() == '#') return "#";
    if (line_.starts_with(kByteOrderMark)) return "?";  // a second one, or an indented one: inih passes over the first
    const bool section = line_.front() == '[';
    const auto end = line_.find_first_of(section ? "]" : "=:");
    if (end == std::string_view::npos) return std::string(line_.substr(0, kMaxKeyLength));  // which inih refuses
    if (end > (section ? kMaxSectionLength : kMaxKeyLength)) {
      refuse("", "has a section or key name that is too long");
      return {};
    }
    if (section) return std::string(line_.substr(0, end + 1));
    value_ = line_.substr(end + 1);
    return std::string(line_.substr(0, end)) + "=value";
  }

  int take_entry(std::string_view section, std::string_view key) {
    IniEntry entry{to_lower(trim(section)), to_lower(key), std::string(unquote(trim(value_))), line_number_};
    if (entry.key.empty()) return refuse("", "has no key before its '='");
    if (entry.section.empty()) return refuse(entry.key, "comes before any [section]; put it below one");
    const auto [first, is_new] = first_line_.try_emplace({entry.section, entry.key}, line_number_);
    if (!is_new)
      return refuse(entry.key, "was given before, on line " + std::to_string(first->second) + "; remove one of them");
    entries_.push_back(std::move(entry));
    return true;
  }

  /// Notes what is wrong with this line, which ends the reading.
  bool refuse(std::string key, std::string problem) {
    error_.emplace(file_, line_number_, std::move(key), std::move(problem));
    return false;
  }

  const fs::path& file_;
  std::string_view rest_;
  std::string_view line_;
  std::string_view value_;
  int line_number_ = 0;
  std::map<std::pair<std::string, std::string>, int> first_line_;
  std::vector<IniEntry> entries_;
  std::optional<ConfigError> error_;
};

}  // namespace

std::vector<IniEntry> parse_ini(const fs::path& file, std::string_view text) {
  return Reading(file, text).run();
}

std::vector<IniEntry> read_ini(const fs::path& file) {
  const auto text = read_small_file(file, kMaxFileSize);
  if (!text) throw ConfigError(file, 0, "", "cannot be read: " + text.error().message());
  return parse_ini(file, *text);
}

bool ini_bool(const fs::path& file, const IniEntry& entry) {
  const auto value = to_lower(entry.value);
  for (const auto* yes : {"yes", "true", "on", "1"})
    if (value == yes) return true;
  for (const auto* no : {"no", "false", "off", "0"})
    if (value == no) return false;
  throw ConfigError(file, entry.line, entry.key, "must be yes or no, not '" + entry.value + "'");
}

}  // namespace hardline::store
