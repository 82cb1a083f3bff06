// What UPnP says over HTTP: where a device is, an action and the answer to it, as text (UPnP Device Architecture 1.1
// section 3.2). A device is whoever answered on the network: nothing of what it says is let into a line of ours as it
// is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hardline/base/ip_address.hpp"

namespace hardline::reach {

/// `http://ADDRESS[:PORT]/PATH`. No name is taken: nobody looks one up for a stranger. The scope of an IPv6 address may
/// be written as `%25eth0`.
struct DeviceUrl {
  IpAddress address;
  std::uint16_t port = 80;
  std::string path;  ///< at least "/", without spaces, control characters and what is not ASCII

  static std::optional<DeviceUrl> parse(std::string_view url);

  /// For the field Host: with the port, and without the scope, which is ours and nobody else's business.
  std::string authority() const;
};

/// Whether `text` can be a service type, as `urn:schemas-upnp-org:service:WANIPConnection:1`, in a header field and in
/// XML: 1 to 255 printable characters of ASCII, without those that mean something there.
bool is_service_type(std::string_view text);

struct SoapAction {
  std::string service_type;
  std::string name;
  std::vector<std::pair<std::string, std::string>> arguments;  ///< in the order of the service's description
};

/// The HTTP request, whole, with the arguments' values escaped. nullopt for what must not stand in it: a type that is
/// no is_service_type(), a name that is not made of letters and digits, and a value with control characters.
std::optional<std::string> format_soap(const DeviceUrl& to, const SoapAction& action);

struct SoapAnswer {
  int error = 0;     ///< UPnP's error code; 0 where it succeeded
  std::string text;  ///< the response

  /// The text of the first element of this name, its references decoded; empty where there is none. Hostile.
  std::string value(std::string_view element) const;
  /// nullopt where `response` makes no sense.
  static std::optional<SoapAnswer> parse(std::string response);
};

}  // namespace hardline::reach
