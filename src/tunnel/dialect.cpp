#include "hardline/tunnel/dialect.hpp"

#include <string_view>

namespace hardline::tunnel {

Dialect settle_dialect(SSL* ssl) {
  const unsigned char* token = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(ssl, &token, &length);
  if (std::string_view(reinterpret_cast<const char*>(token), length) == kAlpnHardline1) return Dialect::hardline1;
  SSL_set_max_send_fragment(ssl, kLegacyMaxFragment);
  return Dialect::legacy;
}

}  // namespace hardline::tunnel
