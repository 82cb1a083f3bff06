// A head ends where it ends, however its octets arrive: what was said about a prefix stays true of the whole.
#include <algorithm>
#include <cctype>
#include <string>

#include "fuzz.hpp"
#include "hardline/http/forwarding.hpp"
#include "hardline/http/request_head.hpp"

namespace {

using namespace hardline::http;
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
  const auto start = head.method + ' ';
  require(own.starts_with(start), "a head starts with its method");
  if (head.form == TargetForm::absolute)
    require(own.find("://" + head.host) == start.size() + 4, "an absolute target names the host");
  else
    require(own.starts_with(start + head.target + " HTTP/1."), "a head starts with what was read of it");
  require((head.form == TargetForm::authority) == (head.method == "CONNECT"), "CONNECT has a form of its own");
  if (head.form == TargetForm::authority)
    require(head.target == head.host && head.host.find(':') != std::string::npos, "CONNECT names a host and a port");
  else
    require(head.target.starts_with('/') || head.target == "*", "what a service is told is in origin-form");
  require(hosts_in(own) == 1 || (hosts_in(own) == 0 && head.form != TargetForm::origin), "a head names one host");
  require(own.find(head.host) != std::string_view::npos, "the host stands in the head");
  for (unsigned char c : head.host) require(c == '\t' || (c >= ' ' && c != 0x7f), "the host has no control characters");
  const auto alone = parse_request_head(own);
  require(alone && *alone == head, "what follows a head does not change it");
  for (const auto length : {head.length - 1, head.length / 2}) {
    const auto before = parse_request_head(bytes.substr(0, length));
    require(!before && before.error() == HeadError::incomplete, "a head is incomplete until its last octet");
  }
}

/// What goes on to a service is a request that says the same, and asks for no second one.
void check_forwarding(const RequestHead& head, std::string_view bytes) {
  if (head.form == TargetForm::authority) return;
  const auto forwarded = forward_request_head(head, bytes);
  if (!forwarded) return;
  const auto& text = forwarded->text;
  require(text.ends_with("\r\nConnection: close\r\n\r\n"), "what goes on is the last on its connection");
  const auto again = parse_request_head(text);
  if (text.size() > kMaxRequestHead) return;
  require(again && again->length == text.size(), "what goes on is one head");
  require(again->form == TargetForm::origin && again->method == head.method && again->target == head.target &&
              again->host == head.host,
          "what goes on asks for the same");
  require(again->has_body || forwarded->content == ForwardedHead::Content::none || forwarded->length == 0,
          "what says how long the content is goes on");
  const auto twice = forward_request_head(*again, text);
  require(twice && *twice == *forwarded, "what goes on goes on as it is");
}

/// An answer's head is the same however it arrives, and what is passed on of it is one, too.
void check_answer(std::string_view bytes) {
  const auto head = AnswerHeadReader().feed(bytes);
  AnswerHeadReader reader;
  auto slow = reader.feed("");
  for (std::size_t at = 0; at < bytes.size() && !slow && slow.error() == HeadError::incomplete; ++at)
    slow = reader.feed(bytes.substr(at, 1));
  require(slow == head, "an answer's head that comes octet by octet is the same");
  require(bytes.starts_with(reader.octets()), "the octets of a head are kept as they were");
  if (!head) return;
  require(head->length <= bytes.size() && head->length <= kMaxAnswerHead,
          "an answer's head is no longer than it may be");
  if (head->text.size() > kMaxAnswerHead) return;
  const auto again = AnswerHeadReader().feed(head->text);
  require(again && again->text == head->text && again->length == head->text.size(), "what is passed on is one head");
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
  if (head) {
    check_head(*head, bytes);
    check_forwarding(*head, bytes);
  } else {
    check_error(head.error(), bytes);
  }
  check_answer(bytes);
  return 0;
}
