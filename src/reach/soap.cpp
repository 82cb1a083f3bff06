#include "soap.hpp"

#include <array>
#include <charconv>

#include "hardline/rt/task_group.hpp"

namespace hardline::reach {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::size_t kMaxResponse = 16 * 1024;  // of some 500 octets

std::string authority(const tcp::endpoint& endpoint) {
  auto host = endpoint.address();
  if (host.is_v4()) return host.to_string() + ":" + std::to_string(endpoint.port());
  auto v6 = host.to_v6();
  v6.scope_id(0);  // ours, and nobody else's business
  return "[" + v6.to_string() + "]:" + std::to_string(endpoint.port());
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

awaitable<void> exchange(tcp::socket& socket, tcp::endpoint to, const std::string& request, std::string& response) {
  AsioError error;
  co_await socket.async_connect(to, redirect_error(use_awaitable, error));
  const auto octets = asio::buffer(request);
  if (!error) co_await asio::async_write(socket, octets, redirect_error(use_awaitable, error));
  std::array<char, 2048> chunk;
  const auto room = asio::buffer(chunk);
  while (!error && response.size() < kMaxResponse) {
    const auto size = co_await socket.async_read_some(room, redirect_error(use_awaitable, error));
    response.append(chunk.data(), size);
  }
}

}  // namespace

std::optional<DeviceUrl> DeviceUrl::parse(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return std::nullopt;
  url.remove_prefix(kScheme.size());
  const auto slash = url.find('/');
  const auto path = slash == std::string_view::npos ? "/" : url.substr(slash);
  auto host = url.substr(0, slash);
  std::uint16_t port = kHttpPort;
  const auto bracket = host.rfind(']');
  const auto colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    const auto parsed = parse_number<std::uint16_t>(host.substr(colon + 1));
    if (!parsed || *parsed == 0) return std::nullopt;
    port = *parsed;
    host = host.substr(0, colon);
  }
  const bool v6 = host.starts_with('[') && host.ends_with(']');
  std::string text(v6 ? host.substr(1, host.size() - 2) : host);
  if (const auto scope = text.find("%25"); scope != std::string::npos) text.erase(scope + 1, 2);
  AsioError error;
  const auto address = asio::ip::make_address(text, error);
  if (error || address.is_v6() != v6) return std::nullopt;
  if (path.find_first_of(" \r\n") != std::string_view::npos) return std::nullopt;
  return DeviceUrl{{address, port}, std::string(path)};
}

std::string format_soap(const DeviceUrl& to, const SoapAction& action) {
  std::string body =
      "<?xml version=\"1.0\"?>\r\n"
      "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" "
      "s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body>";
  body += "<u:" + action.name + " xmlns:u=\"" + action.service_type + "\">";
  for (const auto& [name, value] : action.arguments) body += "<" + name + ">" + value + "</" + name + ">";
  body += "</u:" + action.name + "></s:Body></s:Envelope>\r\n";
  return "POST " + to.path + " HTTP/1.1\r\nHost: " + authority(to.endpoint) +
         "\r\nContent-Type: text/xml; charset=\"utf-8\"\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nSOAPAction: \"" + action.service_type + "#" + action.name + "\"\r\nConnection: close\r\n\r\n" + body;
}

std::string SoapAnswer::value(std::string_view element) const {
  const auto open = "<" + std::string(element) + ">";
  const auto begin = text.find(open);
  if (begin == std::string::npos) return {};
  const auto from = begin + open.size();
  const auto end = text.find('<', from);
  return end == std::string::npos ? "" : text.substr(from, end - from);
}

std::optional<SoapAnswer> SoapAnswer::parse(std::string response) {
  constexpr std::string_view kVersion = "HTTP/1.";
  if (!response.starts_with(kVersion) || response.size() < 12) return std::nullopt;
  const auto status = parse_number<int>(std::string_view(response).substr(9, 3));
  if (!status) return std::nullopt;
  SoapAnswer answer{0, std::move(response)};
  if (*status == 200) return answer;
  answer.error = parse_number<int>(answer.value("errorCode")).value_or(0);
  if (answer.error == 0) return std::nullopt;
  return answer;
}

std::optional<SoapAnswer> ask(const DeviceUrl& to, const SoapAction& action,
                              const std::optional<asio::ip::address>& from, std::chrono::steady_clock::duration limit) {
  asio::io_context io;
  tcp::socket socket(io);
  AsioError error;
  socket.open(to.endpoint.protocol(), error);
  if (!error && from) socket.bind({*from, 0}, error);
  if (error) return std::nullopt;
  const auto request = format_soap(to, action);
  std::string response;
  TaskGroup tasks(io.get_executor());
  tasks.spawn("soap", exchange(socket, to.endpoint, request, response));
  io.run_for(limit);
  socket.close(error);
  io.restart();
  io.run();  // the exchange ends with its socket
  return SoapAnswer::parse(std::move(response));
}

}  // namespace hardline::reach
