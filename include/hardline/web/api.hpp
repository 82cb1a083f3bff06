// What can be asked of the running daemon by whoever owns it: one request in, one JSON answer out, without a socket
// (docs/api.md). Served on the control socket.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "hardline/tunnel/dialer.hpp"
#include "hardline/web/status.hpp"

namespace hardline::web {

struct ApiRequest {
  std::string method;  ///< "GET"
  std::string target;  ///< path and query, as sent
};

struct ApiResponse {
  int status = 200;
  std::string body;        ///< JSON
  std::string allow = {};  ///< the Allow header of a 405
};

/// {"error": {"code": …, "text": …}}: a word for programs, a sentence for people.
ApiResponse error_response(int status, std::string_view code, std::string_view text);

/// The service a person means: its label, `LABEL.localhost` with or without a port, or the whole URL.
std::optional<KeyHash> parse_service(std::string_view text);

class Api {
 public:
  using GetStatus = std::function<DaemonStatus()>;
  using Examine = std::function<awaitable<tunnel::Examination>(KeyHash)>;

  Api(GetStatus status, Examine examine) : status_(std::move(status)), examine_(std::move(examine)) {}

  /// Takes as long as an examination does, for `/api/why`. Never throws: what goes wrong here is a 500.
  awaitable<ApiResponse> answer(ApiRequest request);

 private:
  awaitable<ApiResponse> answer_why(std::string_view query);

  GetStatus status_;
  Examine examine_;
};

}  // namespace hardline::web
