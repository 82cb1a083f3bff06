// One UPnP action, asked from an address of our choice (UPnP Device Architecture 1.1 section 3). miniupnpc leaves that
// choice to the kernel, but routers let a host open pinholes only for the address it speaks from.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hardline/rt/asio.hpp"

namespace hardline::reach {

/// `http://ADDRESS[:PORT]/PATH`. No name is taken: nobody looks one up for a stranger. The scope of an IPv6 address may
/// be written as `%25eth0`.
struct DeviceUrl {
  tcp::endpoint endpoint;
  std::string path;  ///< at least "/"

  static std::optional<DeviceUrl> parse(std::string_view url);
};

struct SoapAction {
  std::string service_type;
  std::string name;
  std::vector<std::pair<std::string, std::string>> arguments;  ///< in the order of the service's description
};

/// The HTTP request, whole. Arguments are taken as they are: numbers and addresses, in which nothing is to be escaped.
std::string format_soap(const DeviceUrl& to, const SoapAction& action);

struct SoapAnswer {
  int error = 0;     ///< UPnP's error code; 0 where it succeeded
  std::string text;  ///< the response

  /// The text of the element of this name, empty where there is none.
  std::string value(std::string_view element) const;
  /// nullopt where `response` makes no sense.
  static std::optional<SoapAnswer> parse(std::string response);
};

/// Blocks until there is an answer; nullopt where there is none in `limit`. Any address of ours where `from` is none.
std::optional<SoapAnswer> ask(const DeviceUrl& to, const SoapAction& action,
                              const std::optional<asio::ip::address>& from, std::chrono::steady_clock::duration limit);

}  // namespace hardline::reach
