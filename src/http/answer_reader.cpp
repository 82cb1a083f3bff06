#include "hardline/http/answer_reader.hpp"

#include <utility>

#include "hardline/base/ascii.hpp"
#include "hardline/http/beast.hpp"

namespace hardline::http {
namespace {

namespace bhttp = beast::http;

constexpr std::uint32_t kMaxHead = 16 * 1024;  // octets
constexpr int kMaxInterim = 8;

/// We offer no transfer coding (RFC 9112 section 7.4): whoever gets the content could not know of one.
bool is_coded(const HeaderFields& fields) {
  const auto coding = find_field(fields, "Transfer-Encoding");
  return coding && to_lower(*coding) != "chunked";
}

}  // namespace

/// Of the head alone: what follows it is not the parser's.
struct AnswerReader::HeadParser final : MessageParser<false> {
  HeadParser() {
    skip(true);
    header_limit(kMaxHead);
    body_limit(kNoBodyLimit);
  }

  bool has_no_content() const { return status / 100 == 1 || status == 204 || status == 304; }

  int status = 0;
  HeaderFields fields;

 private:
  void on_response_impl(int code, beast::string_view, int, Error&) override { status = code; }
  void on_field_impl(bhttp::field, beast::string_view name, beast::string_view value, Error&) override {
    fields.emplace_back(view(name), view(value));
  }
};

AnswerReader::AnswerReader(bool asks_for_head)
    : asks_for_head_(asks_for_head), parser_(std::make_unique<HeadParser>()) {}

AnswerReader::~AnswerReader() = default;

std::error_code AnswerReader::feed(std::string_view octets) {
  std::string behind_head;
  if (!has_head()) {
    unparsed_ += octets;
    const auto error = read_heads();
    if (error || !has_head()) return error;
    behind_head = std::exchange(unparsed_, {});
    octets = behind_head;
  }
  if (is_done_) return {};
  for (auto content = content_->next(octets); !content.empty(); content = content_->next(octets)) piece_ += content;
  is_done_ = content_->is_over();
  return content_->error();
}

std::error_code AnswerReader::read_heads() {
  while (!unparsed_.empty()) {
    beast::error_code error;
    unparsed_.erase(0, parser_->put(boost::asio::const_buffer(unparsed_.data(), unparsed_.size()), error));
    if (error == bhttp::error::need_more) return {};
    if (error == bhttp::error::header_limit) return Errc::too_large;
    if (error) return Errc::malformed;
    if (!parser_->is_header_done()) continue;
    if (parser_->status / 100 != 1) break;
    if (++interim_ > kMaxInterim) return Errc::malformed;
    parser_ = std::make_unique<HeadParser>();
  }
  return parser_->is_header_done() ? take_head() : std::error_code();
}

std::error_code AnswerReader::take_head() {
  if (is_coded(parser_->fields)) return Errc::malformed;
  status_ = parser_->status;
  fields_ = std::move(parser_->fields);
  const auto length = parser_->content_length();
  if (asks_for_head_ || parser_->has_no_content())
    content_.emplace(0);
  else if (parser_->chunked())
    content_ = ContentReader::in_chunks();
  else if (length)
    content_.emplace(*length);
  else
    content_ = ContentReader::until_end();
  is_done_ = content_->is_over();
  return {};
}

std::error_code AnswerReader::end() {
  if (!got_some()) return Errc::peer_closed;
  if (has_head()) {
    is_done_ = is_done_ || content_->ends_with_connection();
    return is_done_ ? std::error_code() : Errc::truncated;
  }
  const bool begins_as_http = std::string_view("HTTP/").starts_with(std::string_view(unparsed_).substr(0, 5));
  return parser_->status == 0 && !begins_as_http ? Errc::malformed : Errc::truncated;
}

bool AnswerReader::got_some() const {
  return !unparsed_.empty() || parser_->got_some();
}

std::string AnswerReader::take_content() {
  return std::exchange(piece_, {});
}

}  // namespace hardline::http
