#include "hardline/store/service_editor.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <stdexcept>

#include "hardline/base/ascii.hpp"
#include "hardline/store/file.hpp"
#include "hardline/store/ini.hpp"

namespace hardline::store {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMaxFileSize = 1024 * 1024;  // as much as is read of one (ini.hpp)
constexpr mode_t kFileMode = 0644;                 // there is nothing secret in it: that is in the certificate's files
constexpr mode_t kRemovedMode = 0700;              // there a private key lies
constexpr std::size_t kMaxSlug = 40;
constexpr std::string_view kRemovedFolder = "removed";
constexpr std::array kCertificateSuffixes{"", ".private", ".hash"};

constexpr std::string_view kNewService =
    "# A service of this computer, written by hardlined. docs/configuration.md has all the settings.\n"
    "\n"
    "[Service]\n"
    "service=\n"
    "port=\n"
    "certfile=\n"
    "\n"
    "[Info]\n"
    "title=\n";

/// What is white space to the reader (ini.cpp).
constexpr std::string_view kSpace = " \t\r";

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

/// The value so that the reader takes it for what it is, and so do older programs, which end one at a `;`.
std::string written(const std::string& value) {
  const bool control = std::any_of(value.begin(), value.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; });
  if (control) throw std::invalid_argument("a value of a service file must not hold control characters");
  if (value.empty()) return value;
  const bool spaces = trim(value).size() != value.size();
  const bool quotes = value.front() == '"' || value.front() == '\'';
  const bool comment = value.find_first_of(";#") != std::string::npos;
  return spaces || quotes || comment ? '"' + value + '"' : value;
}

/// Where in a text a section and one of its keys are. Offsets.
struct Place {
  std::optional<std::size_t> value_begin;  ///< of the key, where it is there
  std::size_t value_end = 0;
  std::optional<std::size_t> section_end;  ///< behind the line of its last key, or of its name
};

Place find_place(std::string_view text, const IniChange& change) {
  const auto section = to_lower(change.section);
  const auto key = to_lower(change.key);
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  Place place;
  bool inside = false;
  for (std::size_t begin = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0; begin < text.size();) {
    const auto newline = text.find('\n', begin);
    const auto next = newline == std::string_view::npos ? text.size() : newline + 1;
    const auto line = trim(text.substr(begin, (newline == std::string_view::npos ? text.size() : newline) - begin));
    begin = next;
    if (line.empty() || line.front() == ';' || line.front() == '#') continue;
    if (line.front() == '[') {
      inside = to_lower(trim(line.substr(1, line.find(']') - 1))) == section;
      if (inside) place.section_end = next;
      continue;
    }
    if (!inside) continue;
    place.section_end = next;
    const auto separator = line.find_first_of("=:");
    if (separator == std::string_view::npos || to_lower(trim(line.substr(0, separator))) != key) continue;
    const auto value = trim(line.substr(separator + 1));
    const auto line_end = static_cast<std::size_t>(line.data() + line.size() - text.data());
    place.value_begin = line_end - value.size();
    place.value_end = line_end;
    break;
  }
  return place;
}

std::string with_change(std::string_view given, const IniChange& change) {
  std::string text(given);
  const auto value = written(change.value);
  const auto place = find_place(text, change);
  if (place.value_begin) return text.replace(*place.value_begin, place.value_end - *place.value_begin, value);

  const std::string line_end = text.find("\r\n") == std::string::npos ? "\n" : "\r\n";
  if (!text.empty() && !text.ends_with('\n')) {
    text += line_end;
    return with_change(text, change);
  }
  const auto line = change.key + '=' + value + line_end;
  if (place.section_end) return text.insert(*place.section_end, line);
  if (!text.empty()) text += line_end;
  return text + '[' + change.section + ']' + line_end + line;
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

std::string slug_of(std::string_view title) {
  std::string slug;
  for (const char c : to_lower(title)) {
    if (slug.size() == kMaxSlug) break;
    if (is_letter_or_digit(c))
      slug += c;
    else if (!slug.empty() && slug.back() != '-')
      slug += '-';
  }
  while (slug.ends_with('-')) slug.pop_back();
  return slug.empty() ? "service" : slug;
}

/// Also for a dangling link.
bool there_is(const fs::path& file) {
  std::error_code error;
  return fs::symlink_status(file, error).type() != fs::file_type::not_found;
}

bool has_certificate(const fs::path& certfile) {
  return std::any_of(kCertificateSuffixes.begin(), kCertificateSuffixes.end(),
                     [&](const char* suffix) { return there_is(with_suffix(certfile, suffix)); });
}

std::error_code sync_folder(const fs::path& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd ? sync_directory(fd.get()) : last_error();
}

std::string text_of(const fs::path& file) {
  const auto text = read_small_file(file, kMaxFileSize);
  if (!text) throw ConfigError(file, 0, "", "cannot be read: " + text.error().message());
  return *text;
}

/// `text` with the changes, as a right service file. Throws ConfigError.
std::string edit_service(const fs::path& file, std::string_view text, const std::vector<IniChange>& changes) {
  try {
    auto edited = edit_ini(text, changes);
    parse_service_file(file, edited);
    return edited;
  } catch (const std::invalid_argument& e) {
    throw ConfigError(file, 0, "", e.what());
  }
}

/// Whether another service file of the folder needs this certificate, or is broken and may need it.
bool is_needed_by_others(const fs::path& certfile, const fs::path& file) {
  const auto directory = read_service_directory(file.parent_path());
  for (const auto& other : directory.services)
    if (other.file != file && other.certfile == certfile) return true;
  for (const auto& error : directory.errors) {
    if (error.file() == file) continue;
    const auto text = read_small_file(error.file(), kMaxFileSize);
    if (with_suffix(error.file(), ".cert") == certfile) return true;
    if (text && text->find(certfile.filename().string()) != std::string::npos) return true;
  }
  return false;
}

/// The files that go with the service file: the file alone, if it cannot be understood.
std::vector<fs::path> files_of(const fs::path& file) {
  std::vector<fs::path> files{file};
  try {
    const auto certfile = read_service_file(file).certfile;
    if (certfile.parent_path() != file.parent_path() || is_needed_by_others(certfile, file)) return files;
    for (const auto* suffix : kCertificateSuffixes)
      if (auto one = with_suffix(certfile, suffix); there_is(one)) files.push_back(std::move(one));
  } catch (const ConfigError&) {
  }
  return files;
}

/// A folder that was not there before, numbered where that name is taken.
fs::path make_removed_folder(const fs::path& file) {
  const auto all = file.parent_path() / kRemovedFolder;
  if (::mkdir(all.c_str(), kRemovedMode) != 0 && errno != EEXIST) throw WriteError(all, "cannot be made", last_error());
  const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto name = fmt::format("{}-{:%Y%m%dT%H%M%SZ}", file.stem().string(), now);
  auto folder = all / name;
  for (int number = 2; ::mkdir(folder.c_str(), kRemovedMode) != 0; ++number) {
    if (errno != EEXIST) throw WriteError(folder, "cannot be made", last_error());
    folder = all / fmt::format("{}-{}", name, number);
  }
  return folder;
}

}  // namespace

std::string edit_ini(std::string_view text, const std::vector<IniChange>& changes) {
  std::string edited(text);
  for (const auto& change : changes) edited = with_change(edited, change);
  return edited;
}

std::vector<IniChange> address_changes(const OriginAddress& address) {
  const auto* where = std::get_if<HostPort>(&address);
  return {{"Service", "service", where ? where->host : to_string(address)},
          {"Service", "port", where ? std::to_string(where->port) : ""}};
}

fs::path create_service_file(const fs::path& directory, std::string_view title, const OriginAddress& address) {
  const auto folder = fs::absolute(directory).lexically_normal();
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw WriteError(folder, "cannot be made", error);

  const auto slug = slug_of(title);
  auto changes = address_changes(address);
  changes.push_back({"Info", "title", std::string(title)});
  for (int number = 1;; ++number) {
    const auto name = number == 1 ? slug : fmt::format("{}-{}", slug, number);
    const auto file = folder / (name + ".ini");
    const auto certfile = folder / (name + ".cert");
    if (there_is(file) || has_certificate(certfile)) continue;  // a certificate without its file is somebody else's
    auto all = changes;
    all.push_back({"Service", "certfile", certfile.filename().string()});
    const auto text = edit_service(file, kNewService, all);
    NewFile made(file);
    error = made.write(text, kFileMode);
    if (!error) error = made.place();
    if (error == std::errc::file_exists) continue;
    if (!error) error = sync_folder(folder);
    if (error) throw WriteError(file, "cannot be written", error);
    made.keep();
    return file;
  }
}

void change_service_file(const fs::path& given, const std::vector<IniChange>& changes) {
  std::error_code error;
  const auto file = fs::canonical(given, error);
  struct stat status {};
  if (error || ::stat(file.c_str(), &status) != 0)
    throw ConfigError(given, 0, "", "cannot be read: " + (error ? error : last_error()).message());
  const auto before = text_of(file);
  const auto text = edit_service(given, before, changes);
  if (text == before) return;
  NewFile changed(file);
  error = changed.write(text, status.st_mode & 07777);
  if (error) throw WriteError(file, "cannot be written", error);
  // Who owned it may edit it from then on, too, as far as the daemon's user may do that.
  if (changed.give_to(status.st_uid, status.st_gid)) changed.give_to(static_cast<uid_t>(-1), status.st_gid);
  error = changed.replace();
  if (error) throw WriteError(file, "cannot be written", error);
  sync_folder(file.parent_path());
}

fs::path remove_service_file(const fs::path& given) {
  const auto file = fs::absolute(given).lexically_normal();
  if (!there_is(file)) throw WriteError(file, "cannot be moved", make_error_code(std::errc::no_such_file_or_directory));
  const auto files = files_of(file);
  const auto folder = make_removed_folder(file);
  // The service file first: without it nobody makes a new certificate in the place of the one that has gone.
  std::size_t moved = 0;
  std::error_code error;
  for (; moved < files.size() && !error; ++moved) error = rename_to_new(files[moved], folder / files[moved].filename());
  if (!error) {
    sync_folder(folder);
    sync_folder(file.parent_path());
    return folder;
  }
  for (std::size_t back = moved - 1; back-- > 0;) rename_to_new(folder / files[back].filename(), files[back]);
  std::error_code ignored;
  fs::remove(folder, ignored);
  throw WriteError(files[moved - 1], "cannot be moved to " + folder.string(), error);
}

}  // namespace hardline::store
