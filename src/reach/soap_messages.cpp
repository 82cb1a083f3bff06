#include "soap_messages.hpp"

#include <algorithm>
#include <charconv>

#include "hardline/base/ascii.hpp"
#include "hardline/base/host_port.hpp"
#include "hardline/base/html.hpp"

namespace hardline::reach {
namespace {

constexpr std::size_t kMaxServiceType = 255;

bool is_visible(char c) {
  return c > ' ' && c < '\x7F';
}

bool is_control(unsigned char c) {
  return c < ' ' || c == 0x7F;
}

/// Of an action or an argument, as an XML element.
bool is_name(std::string_view text) {
  return !text.empty() && is_alpha(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_alpha(c) || is_digit(c); });
}

bool can_be_formatted(const SoapAction& action) {
  return is_service_type(action.service_type) && is_name(action.name) &&
         std::all_of(action.arguments.begin(), action.arguments.end(), [](const auto& argument) {
           const auto& [name, value] = argument;
           return is_name(name) && std::none_of(value.begin(), value.end(), is_control);
         });
}

std::optional<int> parse_number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// An address in brackets, if it is one of IPv6, whose scope may be written as RFC 6874 has it.
std::optional<IpAddress> parse_host(std::string_view host) {
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  std::string text(bracketed ? host.substr(1, host.size() - 2) : host);
  if (const auto scope = text.find("%25"); scope != std::string::npos) text.erase(scope + 1, 2);
  auto address = IpAddress::parse(text);
  if (!address || address->v6 != bracketed) return std::nullopt;
  return address;
}

}  // namespace

std::optional<DeviceUrl> DeviceUrl::parse(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return std::nullopt;
  url.remove_prefix(kScheme.size());
  const auto slash = std::min(url.find('/'), url.size());
  DeviceUrl device;
  device.path = slash == url.size() ? "/" : url.substr(slash);
  if (!std::all_of(device.path.begin(), device.path.end(), is_visible)) return std::nullopt;
  auto host = url.substr(0, slash);
  const auto bracket = host.rfind(']');
  const auto colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    const auto port = parse_port(host.substr(colon + 1));
    if (!port) return std::nullopt;
    device.port = *port;
    host = host.substr(0, colon);
  }
  auto address = parse_host(host);
  if (!address) return std::nullopt;
  device.address = *std::move(address);
  return device;
}

std::string DeviceUrl::authority() const {
  auto unscoped = address;
  unscoped.scope.clear();
  return HostPort{unscoped.to_string(), port}.to_string();
}

bool is_service_type(std::string_view text) {
  constexpr std::string_view kMeaningful = "\"'<>&\\#";
  return !text.empty() && text.size() <= kMaxServiceType && std::all_of(text.begin(), text.end(), is_visible) &&
         text.find_first_of(kMeaningful) == std::string_view::npos;
}

std::optional<std::string> format_soap(const DeviceUrl& to, const SoapAction& action) {
  if (!can_be_formatted(action)) return std::nullopt;
  std::string body =
      "<?xml version=\"1.0\"?>\r\n"
      "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" "
      "s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body>";
  body += "<u:" + action.name + " xmlns:u=\"" + action.service_type + "\">";
  for (const auto& [name, value] : action.arguments)
    body.append("<").append(name).append(">").append(escape_html(value)).append("</").append(name).append(">");
  body += "</u:" + action.name + "></s:Body></s:Envelope>\r\n";
  return "POST " + to.path + " HTTP/1.1\r\nHost: " + to.authority() +
         "\r\nContent-Type: text/xml; charset=\"utf-8\"\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nSOAPAction: \"" + action.service_type + "#" + action.name + "\"\r\nConnection: close\r\n\r\n" + body;
}

std::string SoapAnswer::value(std::string_view element) const {
  const auto open = "<" + std::string(element) + ">";
  const auto begin = text.find(open);
  if (begin == std::string::npos) return {};
  const auto from = begin + open.size();
  const auto end = text.find('<', from);
  return end == std::string::npos ? "" : decode_html(std::string_view(text).substr(from, end - from));
}

std::optional<SoapAnswer> SoapAnswer::parse(std::string response) {
  constexpr std::string_view kVersion = "HTTP/1.";
  if (!response.starts_with(kVersion) || response.size() < 12) return std::nullopt;
  const auto status = parse_number(std::string_view(response).substr(9, 3));
  if (!status) return std::nullopt;
  SoapAnswer answer{0, std::move(response)};
  if (*status == 200) return answer;
  answer.error = parse_number(answer.value("errorCode")).value_or(0);
  if (answer.error == 0) return std::nullopt;
  return answer;
}

}  // namespace hardline::reach
