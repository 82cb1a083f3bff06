#include "hardline/base/service_name.hpp"

namespace hardline {

std::optional<ServiceName> ServiceName::parse(std::string_view label) {
  const auto dash = label.rfind('-');
  const auto key = KeyHash::parse(dash == std::string_view::npos ? label : label.substr(dash + 1));
  if (!key) return std::nullopt;
  if (dash == std::string_view::npos || dash == 0) return ServiceName{std::nullopt, *key};
  auto password = Password::parse(label.substr(0, dash));
  if (!password) return std::nullopt;
  return ServiceName{std::move(password), *key};
}

std::string ServiceName::label() const {
  return password ? password->reveal() + "-" + key.hex() : key.hex();
}

std::string ServiceName::url(std::uint16_t local_port) const {
  const auto host = password && password->fits_in_host() ? label() : key.hex();
  return "http://" + host + ".localhost:" + std::to_string(local_port) + "/";
}

}  // namespace hardline
