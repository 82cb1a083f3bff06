// What serve_http() is asked and answers.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hardline::web {

struct Request {
  std::string method;  ///< "GET"
  std::string target;  ///< as sent: path and query, in origin-form
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;

  std::string_view path() const;   ///< of `target`, still percent-encoded
  std::string_view query() const;  ///< without the question mark

  /// The value of the one field of this name (in any case); nullopt where there is none or more than one.
  std::optional<std::string_view> field(std::string_view name) const;
  bool has_field(std::string_view name) const;

  /// The one parameter of the query, decoded; nullopt where it is missing, given twice, or broken.
  std::optional<std::string> parameter(std::string_view name) const;
  bool has_parameter(std::string_view name) const;
};

/// Whether a request of this method could change anything: all but GET and HEAD.
bool is_change(std::string_view method);

/// Whether it would have the connection speak `protocol` from now on (RFC 9110 section 7.8).
bool asks_for_protocol(const Request& request, std::string_view protocol);

struct Response {
  int status = 200;
  std::string content_type;  ///< empty: the field is left out
  std::string body;
  /// Beside those of the content, Date, Cache-Control (`no-store` unless it is among these) and Connection. Of names
  /// and values that would end their line, a 500 is made, and an error in the log.
  std::vector<std::pair<std::string, std::string>> fields = {};
};

struct HttpLimits {
  std::chrono::milliseconds transfer =
      std::chrono::seconds(10);  ///< for a request to arrive once it has begun, and for an answer to be taken
  std::chrono::milliseconds idle = std::chrono::seconds(60);  ///< between requests
  std::size_t head = 16 * 1024;                               ///< octets of a request
  std::size_t body = 1024 * 1024;  ///< octets of a request: a file of all petnames that there can be
};

}  // namespace hardline::web
