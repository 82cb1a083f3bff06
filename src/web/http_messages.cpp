#include "http_messages.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "hardline/base/ascii.hpp"
#include "hardline/http/beast.hpp"
#include "hardline/http/date.hpp"
#include "hardline/web/json_response.hpp"

namespace hardline::web {
namespace {

namespace bhttp = beast::http;

bool is_named(const std::pair<std::string, std::string>& field, std::string_view lower_name) {
  return to_lower(field.first) == lower_name;
}

/// Host and port as a URL has them: nothing that could be taken for another part of it, or for a user.
bool is_authority(std::string_view text) {
  constexpr std::string_view kOthers = "-._~:[]";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || kOthers.find(c) != kOthers.npos;
  });
}

bool is_visible(char c) {
  return c > ' ' && c < '\x7f';
}

bool is_field_text(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return octet == '\t' || (octet >= ' ' && octet != 0x7f);
}

bool is_field_name(std::string_view name) {
  constexpr std::string_view kSeparators = "()<>@,;:\\\"/[]?={}";
  return !name.empty() && std::all_of(name.begin(), name.end(),
                                      [&](char c) { return is_visible(c) && kSeparators.find(c) == kSeparators.npos; });
}

bool is_field_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), is_field_text);
}

}  // namespace

class RequestParser::Impl final : public MessageParser<true> {
 public:
  explicit Impl(const HttpLimits& limits) : max_head_(limits.head) {
    eager(true);
    header_limit(static_cast<std::uint32_t>(limits.head));
    body_limit(limits.body);
  }

  std::size_t feed(std::string_view octets) {
    if (octets.empty() || is_done() || refusal) return 0;
    const bool in_head = !is_header_done();
    beast::error_code error;
    const auto taken = put(boost::asio::const_buffer(octets.data(), octets.size()), error);
    if (in_head && is_header_done() && !error) look_at_head();
    if (in_head && !is_header_done()) head_ += taken;
    if (error && error != bhttp::error::need_more && !refusal) refuse(error);
    // Of a head that is too long, Beast may have taken lines; of a chunk's header, it takes nothing until that is
    // whole.
    const auto rest = octets.size() - taken;
    if (!refusal && !is_done() && (is_header_done() ? 0 : head_) + rest > max_head_)
      refuse(is_header_done() ? bhttp::error::body_limit : bhttp::error::header_limit);
    return taken;
  }

  Request request;
  std::optional<Response> refusal;
  bool expects_continue = false;
  bool is_http10 = false;

 private:
  void on_request_impl(bhttp::verb, beast::string_view method, beast::string_view target, int version,
                       Error&) override {
    request.method = view(method);
    request.target = view(target);
    is_http10 = version == 10;  // else 11: Beast takes no other
  }
  void on_field_impl(bhttp::field, beast::string_view name, beast::string_view value, Error&) override {
    if (is_header_done()) return;  // a trailer field (RFC 9110 section 6.5), which nobody asks for
    request.fields.emplace_back(view(name), view(value));
  }
  void on_content(std::string_view body) override { request.body += body; }

  void refuse(int status, std::string_view code, std::string_view text) {
    refusal = error_response(status, code, text);
  }

  void refuse(const beast::error_code& error) {
    if (error == bhttp::error::header_limit)
      refuse(431, "too_large", "The head of this request is too large.");
    else if (error == bhttp::error::body_limit)
      refuse(413, "too_large", "The body of this request is too large.");
    else
      refuse(400, "bad_request", "This is not an HTTP request.");
  }

  std::size_t count(std::string_view lower_name) const {
    return static_cast<std::size_t>(std::count_if(request.fields.begin(), request.fields.end(),
                                                  [&](const auto& f) { return is_named(f, lower_name); }));
  }

  /// What Beast leaves to others.
  void look_at_head() {
    const auto hosts = count("host");
    if (hosts > 1 || (hosts == 0 && !is_http10))
      return refuse(400, "bad_request", "A request must have exactly one Host (RFC 9112 section 3.2).");
    const auto codings = count("transfer-encoding");
    if (codings > 0) {
      const auto coding = request.field("Transfer-Encoding");
      if (is_http10 || count("content-length") > 0 || !coding)
        return refuse(400, "bad_request", "It is not clear where the body of this request ends.");
      if (to_lower(*coding) != "chunked")
        return refuse(501, "bad_request", "The only transfer coding supported is `chunked`.");
    }
    if (count("content-length") > 1)
      return refuse(400, "bad_request", "It is not clear where the body of this request ends.");
    if (!to_origin_form()) return refuse(400, "bad_request", "The request target must begin with a slash.");
    if (is_http10) std::erase_if(request.fields, [](const auto& field) { return is_named(field, "upgrade"); });
    if (count("expect") == 0 || is_http10) return;
    const auto expected = request.field("Expect");
    if (!expected || to_lower(*expected) != "100-continue")
      return refuse(417, "bad_request", "The only expectation supported is 100-continue.");
    expects_continue = true;
  }

  bool to_origin_form() {
    auto& target = request.target;
    if (!std::all_of(target.begin(), target.end(), is_visible) || target.find('#') != target.npos) return false;
    if (target.starts_with('/')) return true;
    constexpr std::string_view kScheme = "http://";
    if (to_lower(std::string_view(target).substr(0, kScheme.size())) != kScheme) return false;
    const auto end = std::min(target.find_first_of("/?", kScheme.size()), target.size());
    const auto authority = target.substr(kScheme.size(), end - kScheme.size());
    if (!is_authority(authority)) return false;
    std::erase_if(request.fields, [](const auto& field) { return is_named(field, "host"); });
    request.fields.emplace_back("Host", authority);
    target.erase(0, end);
    if (!target.starts_with('/')) target.insert(0, "/");
    return true;
  }

  const std::size_t max_head_;
  std::size_t head_ = 0;  ///< octets of it that were taken
};

RequestParser::RequestParser(const HttpLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestParser::~RequestParser() = default;

std::size_t RequestParser::feed(std::string_view octets) {
  return impl_->feed(octets);
}

bool RequestParser::is_done() const {
  return impl_->is_done() && !impl_->refusal;
}

const std::optional<Response>& RequestParser::refusal() const {
  return impl_->refusal;
}

bool RequestParser::expects_continue() const {
  return impl_->expects_continue;
}

const Request& RequestParser::request() const {
  return impl_->request;
}

bool RequestParser::is_http10() const {
  return impl_->is_http10;
}

bool RequestParser::keeps_alive() const {
  return impl_->keep_alive();
}

bool can_be_sent(const Response& response) {
  return response.status >= 200 && response.status <= 599 && is_field_value(response.content_type) &&
         std::all_of(response.fields.begin(), response.fields.end(),
                     [](const auto& field) { return is_field_name(field.first) && is_field_value(field.second); });
}

bool has_no_body(int status) {
  return status / 100 == 1 || status == 204 || status == 304;
}

std::string write_head(const Response& response, Framing framing, bool last) {
  const auto& fields = response.fields;
  const auto has = [&](std::string_view lower_name) {
    return std::any_of(fields.begin(), fields.end(), [&](const auto& field) { return is_named(field, lower_name); });
  };
  const auto reason = view(bhttp::obsolete_reason(static_cast<bhttp::status>(response.status)));
  auto head = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status, reason,
                          http::format_http_date(std::chrono::system_clock::now()));
  if (!response.content_type.empty()) head += fmt::format("Content-Type: {}\r\n", response.content_type);
  if (framing == Framing::chunks) head += "Transfer-Encoding: chunked\r\n";
  if (framing == Framing::length && !has_no_body(response.status))
    head += fmt::format("Content-Length: {}\r\n", response.body.size());
  if (!has("cache-control")) head += "Cache-Control: no-store\r\n";
  for (const auto& [name, value] : fields) head += fmt::format("{}: {}\r\n", name, value);
  // `keep-alive` is for HTTP/1.0, and what is offered in Upgrade must be named (RFC 9110 section 7.8).
  head += fmt::format("Connection: {}{}\r\n\r\n", last ? "close" : "keep-alive", has("upgrade") ? ", upgrade" : "");
  return head;
}

}  // namespace hardline::web
