// Built instead of nat_pmp_gateway.cpp where there is no libnatpmp (HARDLINE_NATPMP in CMakeLists.txt).
#include "hardline/reach/gateway.hpp"

namespace hardline::reach {

bool has_nat_pmp() {
  return false;
}

std::vector<std::shared_ptr<Gateway>> find_nat_pmp_gateways() {
  return {};
}

}  // namespace hardline::reach
