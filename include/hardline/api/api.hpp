// What can be asked of the running daemon by whoever owns it: one request in, one JSON answer out, without a socket
// (docs/api.md). The control socket and the dashboard lead to it.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hardline/api/listening_servers.hpp"
#include "hardline/api/publishing.hpp"
#include "hardline/api/status.hpp"
#include "hardline/lan/lan_listing.hpp"
#include "hardline/store/name_book.hpp"
#include "hardline/store/visit_log.hpp"
#include "hardline/tunnel/dialer.hpp"
#include "hardline/web/http_server.hpp"

namespace hardline::api {

/// What the API speaks of; all outlive it.
struct ApiSubjects {
  std::function<DaemonStatus()> status;  ///< as it is now
  /// tunnel::Dialer::examine(): takes up to the time that a search may, some 20 s.
  std::function<awaitable<tunnel::Examination>(KeyHash)> examine;
  /// api::find_web_servers() but for our own ports: takes about a second.
  std::function<awaitable<std::vector<WebServer>>()> find_web_servers;
  store::NameBook& names;
  store::VisitLog& visits;
  lan::LanListing& lan;
  Publishing& publishing;
  std::uint16_t local_port = 7009;  ///< what links name
};

/// io thread only.
class Api {
 public:
  explicit Api(ApiSubjects subjects) : subjects_(std::move(subjects)) {}

  /// For the doors, to show and to watch; what changes anything comes by answer().
  ApiSubjects& subjects() { return subjects_; }

  /// The service that a person means: by petname, link, or its own name; a petname may come as a link, too, as
  /// `http://jellyfin.localhost:7009/`.
  std::optional<ServiceName> resolve(std::string_view text) const;

  /// Takes as long as an examination or a search does. Never throws: what goes wrong here is a 500. Whether the asker
  /// may ask, or change anything, was found out before. `request` outlives the call.
  awaitable<web::Response> answer(const web::Request& request);

  /// Who is on this network now, as `GET /api/neighbours` lists them.
  nlohmann::ordered_json neighbours() const;

 private:
  ApiSubjects subjects_;
};

/// What to say to a text that Api::resolve() does not know.
web::Response unknown_name_response(std::string_view asked);

}  // namespace hardline::api
