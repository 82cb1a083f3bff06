#include "hardline/http/request.hpp"

#include <algorithm>
#include <array>

#include "hardline/http/beast.hpp"
#include "hardline/http/request_head.hpp"

namespace hardline::http {
namespace {

namespace bhttp = beast::http;

constexpr std::size_t kMaxFields = 100;  // browsers send about 15
constexpr std::string_view kEndOfLine = "\r\n";
constexpr std::string_view kEndOfHead = "\r\n\r\n";

class HeadParser final : public MessageParser<true> {
 public:
  HeadParser() {
    skip(true);
    header_limit(kMaxRequestHead);
    body_limit(kNoBodyLimit);  // what is too long is for the answer to say
  }

  Request request;
  std::size_t fields = 0, hosts = 0, lengths = 0, encodings = 0;

 private:
  void on_request_impl(bhttp::verb, beast::string_view method, beast::string_view target, int version,
                       Error&) override {
    request.method = view(method);
    request.target = view(target);
    request.http_1_0 = version == 10;
  }
  void on_field_impl(bhttp::field field, beast::string_view name, beast::string_view value, Error&) override {
    ++fields;
    switch (field) {
      case bhttp::field::host: ++hosts; break;
      case bhttp::field::content_length:
        lengths += value.find_first_not_of("0123456789") == value.npos ? 1 : 2;  // Beast takes `5, 5` for 5
        request.has_content = request.has_content || value != "0";
        break;
      case bhttp::field::transfer_encoding:
        ++encodings;
        request.has_content = true;
        break;
      case bhttp::field::accept_encoding:
      case bhttp::field::if_match:
      case bhttp::field::if_modified_since:
      case bhttp::field::if_none_match:
      case bhttp::field::if_range:
      case bhttp::field::if_unmodified_since:
      case bhttp::field::range: request.fields.emplace_back(view(name), view(value)); break;
      default: break;
    }
  }
};

tl::unexpected<Refusal> refuse(int status, std::string_view reason) {
  return tl::unexpected(Refusal{status, std::string(reason)});
}

/// Whether each CR is followed by LF, each LF comes after CR, no line but the first begins with white space, and
/// there is no NUL.
bool has_clean_lines(std::string_view head) {
  for (std::size_t i = 0; i < head.size(); ++i) {
    const char c = head[i];
    if (c == '\0') return false;
    if (c == '\n' && (i == 0 || head[i - 1] != '\r')) return false;
    if (c == '\r' && i + 1 < head.size() && head[i + 1] != '\n') return false;
    if ((c == ' ' || c == '\t') && i > 0 && head[i - 1] == '\n') return false;
  }
  return true;
}

/// Whether the line that begins `rest`, where it is whole, asks by HTTP/1.0 or 1.1.
bool may_be_request(std::string_view rest) {
  const auto line = rest.substr(0, rest.find(kEndOfLine));
  return line.size() == rest.size() || line.ends_with(" HTTP/1.1") || line.ends_with(" HTTP/1.0");
}

/// Why a head that Beast understood is refused all the same.
std::optional<Refusal> refusal_of(const HeadParser& parser) {
  if (parser.fields > kMaxFields) return Refusal{431, "The request has too many header fields."};
  if (parser.lengths > 1 || parser.encodings > 1 || (parser.lengths && parser.encodings))
    return Refusal{400, "The request says in two ways how long it is."};
  if (parser.hosts > 1 || (parser.hosts == 0 && !parser.request.http_1_0))
    return Refusal{400, "The request must name one host."};
  return std::nullopt;
}

}  // namespace

tl::expected<ParsedRequest, Refusal> parse_request(std::string_view octets) {
  std::size_t skipped = 0;  // empty lines before a request are passed over (RFC 9112 section 2.2)
  while (octets.substr(skipped).starts_with(kEndOfLine)) skipped += kEndOfLine.size();
  const auto rest = octets.substr(skipped);
  if (skipped > kMaxRequestHead) return refuse(431, "The request's head is too long.");
  if (!may_be_request(rest)) return refuse(400, "This is not a request of HTTP/1.1.");
  const auto end = rest.find(kEndOfHead);
  const auto head = end == std::string_view::npos ? rest : rest.substr(0, end + kEndOfHead.size());
  if (!has_clean_lines(head)) return refuse(400, "The request's lines are not what HTTP/1.1 allows.");
  if (head.size() > kMaxRequestHead) return refuse(431, "The request's head is too long.");
  if (end == std::string_view::npos) return ParsedRequest{std::nullopt, 0};

  HeadParser parser;
  beast::error_code error;
  parser.put(boost::asio::const_buffer(head.data(), head.size()), error);
  if (error || !parser.is_header_done()) return refuse(400, "The request is not what HTTP/1.1 allows.");
  if (auto refusal = refusal_of(parser)) return tl::unexpected(std::move(*refusal));
  parser.request.keep_alive = parser.keep_alive() && !parser.request.http_1_0;
  return ParsedRequest{std::move(parser.request), skipped + head.size()};
}

}  // namespace hardline::http
