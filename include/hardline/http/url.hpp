// http and https URLs of servers, as a configuration gives them (RFC 3986, RFC 9110 section 4.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hardline/base/host_port.hpp"

namespace hardline::http {

struct Url {
  bool tls = false;
  HostPort where;    ///< the scheme's own port where none is given
  std::string path;  ///< begins with `/`, ends without one unless it is `/`; no query, no fragment

  /// `http://host[:port][/path]`, `https://…`; a missing scheme is http. No user, query or fragment.
  static std::optional<Url> parse(std::string_view text);

  /// The inverse, without the scheme's own port and without a bare `/`.
  std::string to_string() const;

  friend bool operator==(const Url&, const Url&) = default;
};

}  // namespace hardline::http
