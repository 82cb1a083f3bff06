// A head ends where it ends, however its octets arrive: what was said about a prefix stays true of the whole.
#include <algorithm>
#include <cctype>
#include <string>

#include "fuzz.hpp"
#include "hardline/wire/http_head.hpp"

namespace {

using namespace hardline::wire;
using hardline::fuzz::require;

/// By other means than the parser's: a line at a time.
int hosts_in(std::string_view head) {
  int hosts = 0;
  while (!head.empty()) {
    auto name = std::string(head.substr(0, 5));
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    hosts += name == "host:" ? 1 : 0;
    const auto end = head.find('\n');
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 1);
  }
  return hosts;
}

void check_head(const RequestHead& head, std::string_view bytes) {
  require(head.length <= std::min(bytes.size(), kMaxRequestHead), "a head is no longer than it may be");
  const auto own = bytes.substr(0, head.length);
  require(own.ends_with("\n\n") || own.ends_with("\n\r\n"), "a head ends with its blank line");
  require(own.find('\0') == std::string_view::npos, "a head has no NUL");
  require(own.starts_with(head.method + ' ' + head.target + " HTTP/1."), "a head starts with what was read of it");
  require(head.target.starts_with('/') || head.target == "*", "a head is in origin form");
  require(hosts_in(own) == 1, "a head names one host");
  require(own.find(head.host) != std::string_view::npos, "the host stands in the head");
  for (unsigned char c : head.host) require(c == '\t' || (c >= ' ' && c != 0x7f), "the host has no control characters");
  const auto alone = parse_request_head(own);
  require(alone && *alone == head, "what follows a head does not change it");
  for (const auto length : {head.length - 1, head.length / 2}) {
    const auto before = parse_request_head(bytes.substr(0, length));
    require(!before && before.error() == HeadError::incomplete, "a head is incomplete until its last octet");
  }
}

void check_error(HeadError error, std::string_view bytes) {
  if (error == HeadError::incomplete) {
    require(bytes.size() < kMaxRequestHead, "incomplete is never more than a head may be");
    return;
  }
  if (error == HeadError::too_large) require(bytes.size() >= kMaxRequestHead, "too large is as large as a head may be");
  for (const char* more : {"\r\n\r\n", "x", " HTTP/1.1\r\nHost: a\r\n\r\n"}) {
    const auto longer = parse_request_head(std::string(bytes) + more);
    require(!longer && longer.error() == error, "no octets to come make an error good");
  }
  const auto half = parse_request_head(bytes.substr(0, bytes.size() / 2));
  require(!half && (half.error() == HeadError::incomplete || half.error() == error), "an error stays the same error");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = hardline::fuzz::as_text(data, size);
  const auto head = parse_request_head(bytes);
  RequestHeadReader reader;
  auto slow = reader.feed("");
  for (std::size_t at = 0; at < bytes.size() && !slow && slow.error() == HeadError::incomplete; ++at)
    slow = reader.feed(bytes.substr(at, 1));
  require(slow == head, "a head that comes octet by octet is the same");
  if (head)
    check_head(*head, bytes);
  else
    check_error(head.error(), bytes);
  return 0;
}
