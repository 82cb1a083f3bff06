// Whatever a device calls itself and answers, a request of ours is one request to where its URL leads, and a value
// comes back as it was sent.
#include <algorithm>
#include <string>

#include "fuzz.hpp"
#include "hardline/base/ascii.hpp"
#include "reach/soap_messages.hpp"

namespace {

using namespace hardline;
using namespace hardline::reach;
using fuzz::require;

bool is_visible(char c) {
  return c > ' ' && c < '\x7F';
}

void check_url(std::string_view text) {
  const auto url = DeviceUrl::parse(text);
  if (!url) return;
  require(url->port != 0, "a device has a port");
  require(url->path.starts_with('/') && std::all_of(url->path.begin(), url->path.end(), is_visible),
          "a path ends no line");
  const auto authority = url->authority();
  require(std::all_of(authority.begin(), authority.end(), is_visible), "a host ends no line");
  const auto again = DeviceUrl::parse("http://" + authority + url->path);
  require(again && again->port == url->port && again->path == url->path && again->address.scope.empty() &&
              again->address.v6 == url->address.v6 && again->address.octets == url->address.octets,
          "a URL leads where it did after it was written");
}

std::string_view take_line(std::string_view& text) {
  constexpr std::string_view kEnd = "\r\n";
  const auto end = text.find(kEnd);
  require(end != std::string_view::npos, "a head's lines end");
  const auto line = text.substr(0, end);
  text.remove_prefix(end + kEnd.size());
  return line;
}

void check_action(std::string_view url, std::string_view type, std::string_view value) {
  auto to = DeviceUrl::parse(url);
  if (!to) to = DeviceUrl::parse("http://[2001:db8::1]:5000/ctl");
  const std::string given(value);
  const auto request = format_soap(*to, {std::string(type), "UpdatePinhole", {{"UniqueID", given}, {"Lease", "7"}}});
  if (is_service_type(type) && std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c != '\x7F'; }))
    require(request.has_value(), "plain arguments can be sent");
  if (!request) return;

  std::string_view rest = *request;
  require(take_line(rest) == "POST " + to->path + " HTTP/1.1", "the first line is the request's");
  require(take_line(rest) == "Host: " + to->authority(), "then comes the host");
  require(take_line(rest).starts_with("Content-Type: "), "then comes the type");
  const std::string length(take_line(rest));
  require(take_line(rest) == "SOAPAction: \"" + std::string(type) + "#UpdatePinhole\"", "then comes the action");
  require(take_line(rest) == "Connection: close" && take_line(rest).empty(), "a head has six lines");
  require(length == "Content-Length: " + std::to_string(rest.size()), "the rest is the body");
  require(std::count(rest.begin(), rest.end(), '<') == 11, "an argument adds no element");

  const auto answer = SoapAnswer::parse("HTTP/1.1 200 OK\r\n\r\n" + std::string(rest));
  require(answer && answer->error == 0, "what succeeds has no error");
  require(answer->value("UniqueID") == given && answer->value("Lease") == "7", "a value comes back as it was sent");
}

void check_answer(std::string_view text) {
  const auto answer = SoapAnswer::parse(std::string(text));
  if (!answer) return;
  require(answer->text == text, "an answer keeps its text");
  require((answer->error == 0) == (text.substr(9, 3) == "200"), "only what succeeds has no error");
  require(answer->value("UniqueID").size() < text.size(), "a value is a part of the answer");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto rest = fuzz::as_text(data, size);
  check_url(rest);
  check_answer(rest);
  const auto url = take_until(rest, '\n');
  const auto type = take_until(rest, '\n');
  check_url(url);
  check_action(url, type, rest);
  check_action(url, "urn:schemas-upnp-org:service:WANIPv6FirewallControl:1", rest);
  check_answer(rest);
  return 0;
}
