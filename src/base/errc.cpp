#include "hardline/base/errc.hpp"

namespace hardline {
namespace {

class Category : public std::error_category {
 public:
  const char* name() const noexcept override { return "hardline"; }

  std::string message(int value) const override {
    switch (static_cast<Errc>(value)) {
      case Errc::timed_out: return "timed out";
      case Errc::peer_closed: return "the other side closed the connection";
      case Errc::malformed: return "not in the expected format";
      case Errc::too_large: return "too large";
      case Errc::tls_failed: return "TLS failed";
      case Errc::certificate_mismatch: return "the certificate is not that of the service";
      case Errc::certificate_untrusted: return "the certificate is not trusted";
      case Errc::unexpected_status: return "the server answered with an error";
      case Errc::cancelled: return "cancelled";
      case Errc::truncated: return "the connection was cut";
      case Errc::leads_to_ourselves: return "that is hardlined itself, which is never published";
    }
    return "unknown error";
  }
};

}  // namespace

const std::error_category& hardline_category() {
  static const Category category;
  return category;
}

}  // namespace hardline
