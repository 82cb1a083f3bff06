// The JSON that a request brings.
#pragma once

#include <optional>
#include <string_view>

#include "hardline/web/http_server.hpp"
#include "json_members.hpp"

namespace hardline::api {

/// Whether its one Content-Type is `type`, with whatever parameters (RFC 9110 section 8.3).
bool has_content_type(const web::Request& request, std::string_view type);

/// The members of the one object that a body is.
class JsonBody : private JsonMembers {
 public:
  /// A request without a body has no members.
  explicit JsonBody(const web::Request& request);

  using JsonMembers::flag;
  using JsonMembers::port;
  using JsonMembers::required_text;
  using JsonMembers::text;

  /// 415 where the body does not say that it is JSON, else a 400 with the refusal of JsonMembers.
  std::optional<web::Response> refusal() const;

 private:
  bool is_json_;
};

}  // namespace hardline::api
