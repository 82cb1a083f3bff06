// The errors that are ours; everything else keeps the operating system's, Asio's or OpenSSL's code.
#pragma once

#include <system_error>

namespace hardline {

enum class Errc {
  timed_out = 1,          ///< a deadline of ours passed
  peer_closed,            ///< the other side ended before it had said what it must
  malformed,              ///< bytes that are not of the format
  too_large,              ///< more bytes than the format or our bound allows
  tls_failed,             ///< the TLS handshake or record layer failed
  certificate_mismatch,   ///< the certificate's hash is not the KEYHASH asked for
  certificate_untrusted,  ///< no authority that we trust vouches for the certificate and its name (https)
  unexpected_status,      ///< an HTTP server answered, and not with what was asked for
  cancelled,              ///< we gave up, because somebody else won or the daemon stops
  truncated,              ///< the connection was cut without close_notify
  leads_to_ourselves,     ///< a published service's bytes would come from this very daemon
};

const std::error_category& hardline_category();
inline std::error_code make_error_code(Errc e) {
  return {static_cast<int>(e), hardline_category()};
}

}  // namespace hardline

template <>
struct std::is_error_code_enum<hardline::Errc> : std::true_type {};
