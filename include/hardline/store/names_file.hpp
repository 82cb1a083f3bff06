// Petnames and links as text: what a person means by one, and the file of both that the daemon keeps, that `hardlined
// names --export` writes and that people mail to each other.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "hardline/base/petname.hpp"
#include "hardline/base/service_name.hpp"

namespace hardline::store {

/// A service that was given a name. Pinned, as the dashboard says.
struct Pin {
  Petname name;
  ServiceName service;
};

/// A line that is not understood: which, and what is wrong with it, for a person.
struct NamesFileError {
  std::size_t line = 0;  ///< from 1
  std::string problem;
};

struct NamesFile {
  std::vector<Pin> pins;  ///< in the order of the lines; a second line with the same name is an error
  std::vector<NamesFileError> errors;
};

/// Most pins there can be, and most lines that are read. The first line that is not read is the last error.
inline constexpr std::size_t kMaxPins = 4096;

/// One pin a line: the name, white space, and a link or a service's own name (parse_link()). Empty lines and lines that
/// begin with `#` are passed over and not counted; CR LF is taken for LF, and a byte order mark is passed over. No
/// error tells what a link was, as it may hold a password.
NamesFile parse_names(std::string_view text);

/// With a line of explanation on top. It holds passwords.
std::string format_names(const std::vector<Pin>& pins);

/// The service that a link or name leads to: `LABEL`, `LABEL.localhost` with or without a port, or the whole URL with
/// any path. White space around it means nothing. nullopt for all else, a petname among it.
std::optional<ServiceName> parse_link(std::string_view text);

/// A service, by the name that it was pinned under or by its own.
using MeantService = std::variant<Petname, ServiceName>;

/// What a person means: all that parse_link() takes, and a petname in the same forms: `jellyfin`, `jellyfin.localhost`
/// with or without a port, `http://jellyfin.localhost:7009/…`. Whether it is pinned is another question.
std::optional<MeantService> parse_meant(std::string_view text);

}  // namespace hardline::store
