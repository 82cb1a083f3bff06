#include "hardline/wire/lpd.hpp"

#include <array>
#include <utility>

#include "hardline/base/ascii.hpp"
#include "hardline/base/host_port.hpp"
#include "hardline/base/text.hpp"

namespace hardline::wire {
namespace {

constexpr std::string_view kSearchTopic = "HARDLINE-SEARCH";
constexpr std::string_view kServiceTopic = "HARDLINE-SERVICE";

/// The headers that mean something, by the names old peers give them; they read those names case-sensitively.
struct Headers {
  std::optional<std::string_view> port, infohash, cookie, title;

  /// One line `Name: value`. If a header comes twice, the last one counts, as it does for old peers.
  void read(std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const auto name = to_lower(trim(line.substr(0, colon)));
    const auto value = trim(line.substr(colon + 1));
    if (name == "port") port = value;
    if (name == "infohash") infohash = value;
    if (name == "cookie") cookie = value;
    if (name == "title") title = value;
  }
};

std::string_view take_line(std::string_view& rest) {
  auto line = take_until(rest, '\n');
  while (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::optional<LpdMessage> read_search(const Headers& headers) {
  if (!headers.infohash) return std::nullopt;
  LpdSearch search{std::nullopt, clean_text(headers.cookie.value_or(""), kMaxLpdCookie)};
  if (!headers.infohash->empty()) {
    search.code = parse_hash160(*headers.infohash);
    if (!search.code) return std::nullopt;
  }
  return search;
}

std::optional<LpdMessage> read_announcement(const Headers& headers) {
  auto name = ServiceName::parse(headers.infohash.value_or(""));
  const auto port = parse_port(headers.port.value_or(""));
  if (!name || !port) return std::nullopt;
  return LpdAnnouncement{std::move(*name), *port, clean_text(headers.cookie.value_or(""), kMaxLpdCookie),
                         clean_text(headers.title.value_or(""), kMaxLpdTitle)};
}

/// Free text as a header's value. Old peers take a datagram for a search wherever the topic's words stand in it, so
/// the words lose their dash.
std::string header_text(std::string_view text, std::size_t max_octets) {
  auto value = clean_text(text, max_octets);
  for (const auto topic : {kSearchTopic, kServiceTopic})
    for (auto at = value.find(topic); at != std::string::npos; at = value.find(topic, at))
      value[at + topic.find('-')] = ' ';
  return value;
}

}  // namespace

std::optional<LpdMessage> parse_lpd(std::string_view datagram) {
  if (datagram.size() > kMaxLpdDatagram) return std::nullopt;
  auto rest = datagram;
  const auto start_line = take_line(rest);
  const auto topic = start_line.substr(0, start_line.find(' '));
  if (topic != kSearchTopic && topic != kServiceTopic) return std::nullopt;
  Headers headers;
  while (!rest.empty()) headers.read(take_line(rest));
  return topic == kSearchTopic ? read_search(headers) : read_announcement(headers);
}

std::string format_lpd(const LpdSearch& search) {
  std::string datagram(kSearchTopic);
  datagram += " * HTTP/1.1\r\nInfohash: ";
  if (search.code) datagram += to_hex(*search.code);
  datagram += "\r\ncookie: " + header_text(search.cookie, kMaxLpdCookie) + "\r\n\r\n\r\n";
  return datagram;
}

std::string format_lpd(const LpdAnnouncement& announcement) {
  std::string datagram(kServiceTopic);
  datagram += " * HTTP/1.1\r\nPort: " + std::to_string(announcement.port);
  datagram += "\r\nInfohash: " + announcement.name.label();
  datagram += "\r\ncookie: " + header_text(announcement.cookie, kMaxLpdCookie);
  datagram += "\r\ntitle: " + header_text(announcement.title, kMaxLpdTitle) + "\r\n\r\n\r\n";
  return datagram;
}

}  // namespace hardline::wire
