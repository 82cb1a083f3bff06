// `password-keyhash` or `keyhash`: the one label that names a service in a URL, an announcement and a .hash file
// (docs/protocol.md, "Identity" and "LAN discovery").
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hardline/base/key_hash.hpp"
#include "hardline/base/password.hpp"

namespace hardline {

struct ServiceName {
  std::optional<Password> password;
  KeyHash key;

  /// Accepts `password-keyhash`, `keyhash` and, as old peers write it, `-keyhash`; either case.
  static std::optional<ServiceName> parse(std::string_view label);

  /// The label, password included: for the person and for the wire, never for a log.
  std::string label() const;

  /// `http://LABEL.localhost:PORT/`
  std::string url(std::uint16_t local_port) const;
};

}  // namespace hardline
