// Built instead of qr_code.cpp where there is no libqrencode (HARDLINE_QRENCODE in CMakeLists.txt).
#include "hardline/dashboard/qr_code.hpp"

namespace hardline::dashboard {

bool has_qr_codes() {
  return false;
}

std::optional<std::string> qr_svg(std::string_view) {
  return std::nullopt;
}

std::optional<std::string> qr_terminal(std::string_view, bool) {
  return std::nullopt;
}

}  // namespace hardline::dashboard
