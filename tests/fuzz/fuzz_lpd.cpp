// A datagram that is understood can be said again, and nothing in it can make old peers understand something else.
#include "fuzz.hpp"
#include "hardline/wire/lpd.hpp"

namespace {

using namespace hardline;
using namespace hardline::wire;
using fuzz::require;

std::size_t count(std::string_view text, std::string_view word) {
  std::size_t found = 0;
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) ++found;
  return found;
}

/// What old peers make of what we say: they look for the topics anywhere, and for lines that end in CR LF.
void check_what_is_said(const std::string& datagram, bool is_search, std::size_t lines) {
  require(datagram.size() <= kMaxLpdDatagram, "what is said fits a datagram");
  require(count(datagram, "HARDLINE-SEARCH") == (is_search ? 1 : 0), "only a search looks like a search");
  require(count(datagram, "HARDLINE-SERVICE") == (is_search ? 0 : 1), "only an announcement looks like one");
  require(count(datagram, "\r\n") == lines, "nothing adds a line");
  require(count(datagram, "\r") == lines && count(datagram, "\n") == lines, "line ends are whole");
}

void check(const LpdSearch& search) {
  const auto datagram = format_lpd(search);
  check_what_is_said(datagram, true, 5);
  const auto again = parse_lpd(datagram);
  require(again && std::holds_alternative<LpdSearch>(*again), "a search is read as a search");
  require(std::get<LpdSearch>(*again).code == search.code, "a search keeps its code");
  require(format_lpd(std::get<LpdSearch>(*again)) == datagram, "a search is said again in the same octets");
}

void check(const LpdAnnouncement& announcement) {
  const auto datagram = format_lpd(announcement);
  check_what_is_said(datagram, false, 7);
  const auto again = parse_lpd(datagram);
  require(again && std::holds_alternative<LpdAnnouncement>(*again), "an announcement is read as one");
  const auto& read = std::get<LpdAnnouncement>(*again);
  require(read.name.label() == announcement.name.label(), "an announcement keeps its name");
  require(read.port == announcement.port && read.port != 0, "an announcement keeps its port");
  require(read.title.size() <= kMaxLpdTitle && read.cookie.size() <= kMaxLpdCookie, "texts are bounded");
  require(format_lpd(read) == datagram, "an announcement is said again in the same octets");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = fuzz::as_text(data, size);
  if (const auto message = parse_lpd(input)) {
    require(size <= kMaxLpdDatagram, "a datagram that is too long is not ours");
    require(input.starts_with("HARDLINE-SE"), "other protocols are left alone");
    std::visit([](const auto& read) { check(read); }, *message);
  }

  // The same octets as texts of our own: a service file's title is no better than a stranger's.
  static const auto name = ServiceName::parse("pass-03b131fef9459a4a73da0c27e5b9e96362859de6");
  check(LpdAnnouncement{*name, 7008, std::string(input.substr(0, size / 2)), std::string(input)});
  check(LpdSearch{name->key.bytes(), std::string(input)});
  return 0;
}
