// Who may use the dashboard from a browser. Every service that is opened through the tunnel is a page of a
// *.localhost neighbour, and must not be able to (docs/security.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hardline/web/http_server.hpp"

namespace hardline::dashboard {

enum class Verdict {
  allowed,
  wrong_host,      ///< 421: not exactly `localhost` or `hardline.localhost`, alone or with the local proxy's port
  cross_site,      ///< 403: another site's page asks, or one that does not say who it is where it must
  wrong_token,     ///< 403: a change without this start's token
  other_protocol,  ///< 400: WebSocket, or whatever else the connection is to be upgraded to
};

/// Tells browsers to send *.localhost here; holds no secret, so no token is needed. Whoever has the right Host may read
/// it.
inline constexpr std::string_view kProxyPacPath = "/proxy.pac";

class BrowserGuard {
 public:
  /// A new token: 32 random octets, in hexadecimal.
  explicit BrowserGuard(std::uint16_t local_port);

  /// What changes must bring along, in the field kTokenField.
  static constexpr std::string_view kTokenField = "X-Hardline-Token";
  const std::string& token() const { return token_; }

  /// A change (any method but GET and HEAD) needs the token, and an Origin that is this page's own, or without one a
  /// Sec-Fetch-Site that says so. Reading is refused to other sites, same-site ones included (Fetch Metadata), except
  /// that a person may be led to a page: a top-level navigation to `/`.
  Verdict judge(const web::Request& request) const;

 private:
  bool is_our_host(std::string_view lower) const;
  bool is_token(const web::Request& request) const;

  std::uint16_t local_port_;
  std::string token_;
};

/// The fields that every answer of the dashboard has, unless the answer has a field of that name.
std::vector<std::pair<std::string, std::string>> security_fields();

}  // namespace hardline::dashboard
