// Writing service files for a person who does not: a new one, a changed key, and one that is put aside.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "hardline/base/origin_address.hpp"
#include "hardline/store/service_file.hpp"

namespace hardline::store {

/// The system did not let a file be written or moved: what() is for a person, code() for who is to tell rights from
/// room.
class WriteError : public ConfigError {
 public:
  WriteError(std::filesystem::path file, const std::string& what_failed, std::error_code code)
      : ConfigError(std::move(file), 0, "", what_failed + ": " + code.message()), code_(code) {}

  const std::error_code& code() const { return code_; }

 private:
  std::error_code code_;
};

/// What is to become of a key: `[section] key=value`.
struct IniChange {
  std::string section;
  std::string key;
  std::string value;
};

/// `text` with those keys changed, in place where they are (in any case), else added at the end of their section, which
/// is added where it is missing. Everything else, comments included, stays as it is. A value that needs quotes gets
/// them; one with a line's end or other control characters is not for this: std::invalid_argument.
std::string edit_ini(std::string_view text, const std::vector<IniChange>& changes);

/// What says in a service file where the service is: service= and port=.
std::vector<IniChange> address_changes(const OriginAddress& address);

/// Makes `DIRECTORY/SLUG.ini` for a service, SLUG being made of the title (letters and digits of ASCII, dashes, at most
/// 40), numbered where there is one: `jellyfin-2.ini`. The folder is made where it is missing. Its certificate is
/// `SLUG.cert` beside it, which the publisher makes. Blocks. Throws ConfigError, WriteError among them.
std::filesystem::path create_service_file(const std::filesystem::path& directory, std::string_view title,
                                          const OriginAddress& address);

/// Changes the file by edit_ini(), and replaces it whole or not at all; its mode stays. Nothing is written if the
/// result would not be a right service file. If `file` is a link, the file to which it leads is changed. Blocks. Throws
/// ConfigError, WriteError among them.
void change_service_file(const std::filesystem::path& file, const std::vector<IniChange>& changes);

/// Puts a service away: moves its file, and its certificate's three files where they are in the same folder and no
/// other service file there names them, to `DIRECTORY/removed/NAME-TIME/`, from where they can be moved back. Returns
/// that folder, which is for its owner alone. Blocks. Throws WriteError; what was moved by then is moved back.
std::filesystem::path remove_service_file(const std::filesystem::path& file);

}  // namespace hardline::store
