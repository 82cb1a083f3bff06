#include "hardline/daemon/forward_setting.hpp"

#include "hardline/rt/asio.hpp"

namespace hardline::daemon {
namespace {

bool is_local_address(const std::string& address) {
  if (address == "localhost" || address == "*") return true;
  AsioError a_name;
  asio::ip::make_address(address, a_name);
  return !a_name;
}

}  // namespace

std::optional<HostPort> parse_local_port(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto port_text = text.substr(colon == std::string_view::npos ? 0 : colon + 1);
  const bool any_port = port_text == "0";
  const auto port = any_port ? std::optional<std::uint16_t>(0) : parse_port(port_text);
  if (!port) return std::nullopt;
  if (colon == std::string_view::npos) return HostPort{"localhost", *port};
  auto local = HostPort::parse(std::string(text.substr(0, colon)) + ":1");  // a port of 0 is none to HostPort
  if (!local || !is_local_address(local->host)) return std::nullopt;
  local->port = *port;
  return local;
}

std::optional<ForwardSetting> parse_forward(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos) return std::nullopt;
  auto local = parse_local_port(text.substr(equals + 1));
  if (!local) return std::nullopt;
  return ForwardSetting{std::string(text.substr(0, equals)), *std::move(local)};
}

}  // namespace hardline::daemon
