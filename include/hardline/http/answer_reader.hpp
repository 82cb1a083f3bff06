// Reads the answer to a request, for whoever asked it (RFC 9112 section 6.3): its head, and the content out of its
// framing.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "hardline/http/content_meter.hpp"
#include "hardline/http/fields.hpp"

namespace hardline::http {

/// Interim answers (RFC 9110 section 15.2) are passed over. Content of HEAD's answer, or with 204 or 304, there is
/// none, whatever its Content-Length says.
class AnswerReader {
 public:
  /// `asks_for_head` where the request is HEAD. Not for CONNECT.
  explicit AnswerReader(bool asks_for_head);
  AnswerReader(const AnswerReader&) = delete;
  AnswerReader& operator=(const AnswerReader&) = delete;
  AnswerReader(AnswerReader&&) = delete;
  AnswerReader& operator=(AnswerReader&&) = delete;
  ~AnswerReader();

  /// Reads on in `octets`, the next ones; what follows the answer is passed over. Errc::malformed for what is no answer
  /// of HTTP/1, has a transfer coding that nobody asked for, or too many interim ones before it; too_large for a head
  /// of more than 16 KiB, or a line of chunks that does not end. With an error the reader is spent, but what came
  /// before is to be had.
  std::error_code feed(std::string_view octets);

  /// The connection has ended properly: none where that ends the answer, Errc::truncated where it is not whole,
  /// malformed where it was none, and peer_closed where nothing came.
  std::error_code end();

  bool got_some() const;  ///< of this answer, interim ones apart
  bool has_head() const { return content_.has_value(); }
  bool is_done() const { return is_done_; }

  int status() const { return status_; }
  /// In their order, each line a field; no trailers.
  HeaderFields& fields() { return fields_; }

  bool has_content() const { return !piece_.empty(); }
  /// What has come of the content since the last call.
  std::string take_content();

 private:
  struct HeadParser;

  std::error_code read_heads();
  std::error_code take_head();

  const bool asks_for_head_;
  std::unique_ptr<HeadParser> parser_;
  std::string unparsed_;  ///< octets of a head that the parser wants to see again, with more
  int interim_ = 0;       ///< answers that were passed over
  int status_ = 0;
  HeaderFields fields_;
  std::optional<ContentReader> content_;
  std::string piece_;
  bool is_done_ = false;
};

}  // namespace hardline::http
