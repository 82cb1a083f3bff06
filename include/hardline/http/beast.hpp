// The one place that includes Boost.Beast. Its templates are slow to compile: no other header includes this one.
#pragma once

#include <utility>  // before Beast, as before Asio: 1.74 uses std::exchange without including it

#include <boost/beast/core/error.hpp>
#include <boost/beast/http.hpp>
#include <cstdint>
#include <limits>
#include <string_view>

namespace hardline {

namespace beast = boost::beast;

inline std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

/// For body_limit(). Not boost::none: Beast 1.74 then takes every length for too much.
inline constexpr auto kNoBodyLimit = std::numeric_limits<std::uint64_t>::max();

/// A parser that keeps nothing of what it reads: of Beast's functions, all of which must be there, a parser has those
/// that it is for.
template <bool isRequest>
class MessageParser : public beast::http::basic_parser<isRequest> {
 protected:
  using Error = beast::error_code;

  void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int, Error&) override {}
  void on_response_impl(int, beast::string_view, int, Error&) override {}
  void on_field_impl(beast::http::field, beast::string_view, beast::string_view, Error&) override {}
  void on_header_impl(Error&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
  std::size_t on_body_impl(beast::string_view body, Error&) override { return keep(body); }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, Error&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, Error&) override { return keep(body); }
  void on_finish_impl(Error&) override {}

  /// Told of the body piece by piece, whether it comes in chunks or not.
  virtual void on_content(std::string_view) {}

 private:
  std::size_t keep(beast::string_view body) {
    on_content(view(body));
    return body.size();
  }
};

}  // namespace hardline
