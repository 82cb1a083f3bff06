// Asks the running daemon, over its control socket (docs/api.md).
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include "hardline/web/http_client.hpp"

namespace hardline::cli {

/// There is no daemon to ask, or none that may be asked or answers; what() is a sentence with what to do.
class NoDaemon : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Why the daemon at `socket` cannot be asked. Throws NoDaemon.
[[noreturn]] void throw_no_daemon(const std::filesystem::path& socket, std::error_code error);

/// `socket` in the one spelling that is connected to and told of. Throws NoDaemon where it is too long for one.
std::filesystem::path checked_socket(const std::filesystem::path& socket);

/// Sends `request`. Blocks, for `limit` at most. Throws NoDaemon.
web::HttpAnswer ask_daemon(const std::filesystem::path& socket, const web::HttpRequest& request,
                           std::chrono::steady_clock::duration limit);

/// How a stream of lines came to its end.
struct WatchEnd {
  bool by_us = false;                      ///< SIGINT or SIGTERM; else the daemon ended, or closed the connection
  std::optional<web::HttpAnswer> refusal;  ///< there was no stream: an answer with a status other than 200
};

/// Sends `request` and calls `take` with each line of the answer, without its end, for as long as they come. Blocks;
/// the answer has to begin within `limit`. What `take` throws ends it, too. Throws NoDaemon.
WatchEnd watch_daemon(const std::filesystem::path& socket, const web::HttpRequest& request,
                      std::chrono::steady_clock::duration limit, const std::function<void(std::string_view)>& take);

}  // namespace hardline::cli
