#include "hardline/http/forwarding.hpp"

#include <algorithm>
#include <initializer_list>
#include <vector>

#include "hardline/http/grammar.hpp"

namespace hardline::http {
namespace {

constexpr std::size_t kMaxLengthDigits = 18;  // more than any disk holds, and still in 64 bits
constexpr std::string_view kStatusLine = "HTTP/1.1 200";

/// Without its line end; `rest` keeps what follows.
std::string_view take_line(std::string_view& rest) {
  auto line = take_until(rest, '\n');
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

struct Field {
  std::string name;        ///< lower case
  std::string_view value;  ///< trimmed
  std::string_view line;   ///< all of it
};

/// The fields of a head, its first line passed over. A line that goes on with the one before (obs-fold) or has no colon
/// has no name.
std::vector<Field> fields_of(std::string_view head) {
  std::vector<Field> fields;
  take_line(head);
  while (!head.empty()) {
    const auto line = take_line(head);
    if (line.empty()) break;
    const auto colon = line.find(':');
    const bool is_field = line.front() != ' ' && line.front() != '\t' && colon != std::string_view::npos;
    if (is_field)
      fields.push_back({to_lower(trim(line.substr(0, colon))), trim(line.substr(colon + 1)), line});
    else
      fields.push_back({{}, {}, line});
  }
  return fields;
}

bool is_among(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Lower case. Never what frames a message: whoever names that in Connection wants its end taken for another. Nor
/// "close", which is no field.
std::vector<std::string> named_by_connection(const std::vector<Field>& fields) {
  std::vector<std::string> names;
  for (const auto& field : fields) {
    if (field.name != "connection") continue;
    for (const auto element : split_elements(field.value, ',')) {
      auto name = to_lower(element);
      if (!is_among(name, {"content-length", "transfer-encoding", "host", "close"})) names.push_back(std::move(name));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// Appends the lines of the fields that go on, and of whatever belongs to them.
void append_fields(std::string& out, const std::vector<Field>& fields,
                   std::initializer_list<std::string_view> left_out) {
  const auto named = named_by_connection(fields);
  bool drops = false;
  for (const auto& field : fields) {
    if (!field.name.empty())
      drops = is_among(field.name, left_out) || std::binary_search(named.begin(), named.end(), field.name);
    if (drops) continue;
    out += field.line;
    out += "\r\n";
  }
}

std::optional<std::uint64_t> parse_length(std::string_view digits) {
  if (digits.empty() || digits.size() > kMaxLengthDigits || !std::all_of(digits.begin(), digits.end(), is_digit))
    return std::nullopt;
  std::uint64_t length = 0;
  for (const char c : digits) length = length * 10 + static_cast<unsigned>(c - '0');
  return length;
}

/// RFC 9112 section 6.3, but that two equal lengths are refused as well: no sane program sends them.
bool read_framing(const std::vector<Field>& fields, bool http_1_0, ForwardedHead& forwarded) {
  std::vector<std::string_view> lengths;
  std::vector<std::string_view> codings;
  for (const auto& field : fields) {
    if (field.name == "content-length") lengths.push_back(field.value);
    if (field.name == "transfer-encoding") codings.push_back(field.value);
  }
  if (lengths.size() + codings.size() > 1) return false;
  if (!codings.empty()) {
    forwarded.content = ForwardedHead::Content::chunked;
    return !http_1_0 && to_lower(codings.front()) == "chunked";
  }
  if (lengths.empty()) return true;
  const auto length = parse_length(lengths.front());
  forwarded.content = ForwardedHead::Content::length;
  forwarded.length = length.value_or(0);
  return length.has_value();
}

/// Whether a head ends here.
bool ends_with_blank_line(std::string_view octets) {
  return octets.ends_with("\n\n") || octets.ends_with("\n\r\n");
}

/// Whether `octets` begin as an answer does, as far as they go.
bool may_be_status_line(std::string_view octets) {
  for (std::size_t i = 0; i < std::min(octets.size(), kStatusLine.size()); ++i) {
    const bool any_digit = i == 7 || i > 8;
    if (any_digit ? !is_digit(octets[i]) : octets[i] != kStatusLine[i]) return false;
  }
  return true;
}

}  // namespace

std::optional<ForwardedHead> forward_request_head(const RequestHead& head, std::string_view bytes) {
  bytes = bytes.substr(0, head.length);
  auto rest = bytes;
  const auto request_line = take_line(rest);
  const auto version = request_line.substr(request_line.rfind(' '));
  const auto fields = fields_of(bytes);
  ForwardedHead forwarded;
  if (!read_framing(fields, version.ends_with('0'), forwarded)) return std::nullopt;
  forwarded.text = head.method + ' ' + head.target;
  forwarded.text += version;
  forwarded.text += "\r\nHost: " + head.host + "\r\n";
  append_fields(forwarded.text, fields,
                {"host", "connection", "proxy-connection", "proxy-authorization", "keep-alive", "te", "upgrade"});
  forwarded.text += "Connection: close\r\n\r\n";
  return forwarded;
}

tl::expected<AnswerHead, HeadError> AnswerHeadReader::feed(std::string_view more) {
  for (const char c : more) {
    octets_ += c;
    if (octets_.size() <= kStatusLine.size() && !may_be_status_line(octets_))
      return tl::unexpected(HeadError::malformed);
    if (ends_with_blank_line(octets_)) break;
    if (octets_.size() == kMaxAnswerHead) return tl::unexpected(HeadError::too_large);
  }
  if (!ends_with_blank_line(octets_)) return tl::unexpected(HeadError::incomplete);
  AnswerHead head;
  head.length = octets_.size();
  for (const char c : octets_.substr(9, 3)) head.status = head.status * 10 + (c - '0');
  // An upgrade was not asked for, and what follows one is no HTTP.
  if (head.status < 100 || head.status == 101) return tl::unexpected(HeadError::malformed);
  auto rest = std::string_view(octets_);
  head.text = take_line(rest);
  head.text += "\r\n";
  append_fields(head.text, fields_of(octets_), {"connection", "proxy-connection", "keep-alive", "upgrade"});
  if (head.status >= 200) head.text += "Connection: close\r\n";
  head.text += "\r\n";
  return head;
}

}  // namespace hardline::http
